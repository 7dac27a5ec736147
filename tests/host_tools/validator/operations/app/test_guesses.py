"""An office behind one address opens and activates the app as often as it likes: only what was
wrong counts as a guess of its network."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.http.settings import Settings
from host_tools.validator.server.application import create_app
from tests.support.validator.app import APP_PIN, Site
from tests.support.validator.clock import VirtualClock
from tests.support.validator.site import begin_sign_in, csrf
from tests.support.validator.tokens import activated

PER_MINUTE = 5


@pytest.fixture
def office(site: Site) -> TestClient:
    """A network that has five guesses a minute."""
    settings = Settings(guesses_per_minute=float(PER_MINUTE))
    return TestClient(create_app(site.validator, settings))


def strict(site: Site, per_minute: float = 1.0) -> TestClient:
    """Give a client of a network that has so many guesses a minute."""
    app = create_app(site.validator, Settings(guesses_per_minute=per_minute))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def phone(site: Site, office: TestClient) -> AppDevice:
    device = AppDevice(office, "anna.holm", APP_PIN)
    assert device.activate(activation_code=site.letter("anna.holm")).status_code == 201
    return device


def test_right_openings_and_activations_are_no_guesses(site: Site, office: TestClient):
    phones = [AppDevice(office, "anna.holm", APP_PIN) for _ in range(2 * PER_MINUTE)]
    for phone in phones:
        assert phone.activate(activation_code=site.letter("anna.holm")).status_code == 201
        assert phone.unlock()["opened"]
    with ThreadPoolExecutor(len(phones)) as threads:
        assert all(one["opened"] for one in threads.map(AppDevice.unlock, phones))
    assert site.validator.verify_audit().broken == ()


def test_a_right_activation_by_a_code_is_no_guess_and_gives_none_back(
    site: Site, clock: VirtualClock
):
    """The number that is asked for is one, whatever comes of it: who has a token of their own buys
    no guesses with it."""
    client, codes = strict(site, 3.0), []
    for token in activated(site.validator, clock, "anna.holm", "bo.lund", "carl.bro"):
        phone = AppDevice(client, token.user_id, APP_PIN)
        challenge = phone.challenge()
        number = client.post("/app/api/challenges/number", json={"challenge": challenge})
        assert number.status_code == 200
        codes.append(phone.activate_with(challenge, code=token.code()).status_code)
    assert codes == [201, 201, 429]


def test_sign_ins_that_are_approved_in_the_app_are_no_guesses(site: Site):
    client, phone = strict(site), site.device("anna.holm")
    for _ in range(3):
        form = begin_sign_in(client, "anna.holm")
        client.post("/sign-in/app", data={"csrf": form})
        page = client.get("/sign-in/app").text
        (digits,) = re.findall(r'<span aria-hidden="true">(\d\d)</span>', page)
        assert phone.answer(phone.waiting()[0], "approve", digits)["accepted"]
        finished = client.post("/sign-in/app/finish", data={"csrf": csrf(page)})
        assert finished.headers["location"] == "/sign-in/done"


def test_what_is_wrong_counts_and_then_nothing_is_decided(site: Site, phone: AppDevice):
    assert phone.unlock()["opened"]
    stranger = AppDevice(phone.client, "anna.holm", APP_PIN)
    assert stranger.activate(activation_code="0" * 12).status_code == 422
    assert phone.unlock("0000")["reason"] == "wrong_pin"
    phone.device, own = "APP000000000000", phone.device
    refused = [phone.unlock() for _ in range(PER_MINUTE)]
    assert [one.get("reason") for one in refused] == ["refused"] * 3 + [None] * 2
    phone.device = own
    assert phone.unlock()["id"] == "guesses-too-many", "right or wrong, it is not told"
    code = site.letter("anna.holm")
    assert stranger.activate(activation_code=code).json()["id"] == "guesses-too-many"


def test_wrong_ones_at_once_are_counted_one_by_one(phone: AppDevice):
    strangers = [
        AppDevice(phone.client, "anna.holm", APP_PIN, device=phone.device) for _ in range(20)
    ]
    with ThreadPoolExecutor(20) as threads:
        told = list(threads.map(AppDevice.unlock, strangers))
    assert [one.get("reason") for one in told].count("refused") == PER_MINUTE


def test_an_app_that_is_open_twice_and_has_a_counter_behind_is_no_guess(phone: AppDevice):
    assert phone.unlock()["opened"]
    for _ in range(2 * PER_MINUTE):
        phone.counter = 0
        assert phone.unlock()["reason"] == "replayed"

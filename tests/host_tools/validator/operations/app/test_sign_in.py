"""The sign-in demo with the app, without a browser."""

import re

import pytest
from fastapi.testclient import TestClient

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.site.sign_in import OVER
from host_tools.validator.site.texts import text
from tests.support.validator.app import Site
from tests.support.validator.clock import VirtualClock
from tests.support.validator.site import begin_sign_in, csrf

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def begin(site: Site, user_id: str = "anna.holm") -> tuple[str, str]:
    """Begin a sign-in with the app; give the token of the waiting page's form, and the digits."""
    form = begin_sign_in(site.client, user_id)
    asked = site.client.post("/sign-in/app", data={"csrf": form})
    assert (asked.status_code, asked.headers.get("location")) == (303, "/sign-in/app"), asked.text
    page = site.client.get("/sign-in/app").text
    digits = re.search(r'<span aria-hidden="true">(\d\d)</span><span class="quiet">(.*?)<', page)
    assert digits is not None
    assert digits[2] == " ".join(digits[1]), "read out digit by digit"
    assert text("da", "transfer") in page
    return csrf(page), digits[1]


def finish(client: TestClient, form: str, choice: str = "done") -> tuple[int, str | None, str]:
    answer = client.post("/sign-in/app/finish", data={"csrf": form, "choice": choice})
    return answer.status_code, answer.headers.get("location"), answer.text


@pytest.fixture
def phone(site: Site) -> AppDevice:
    return site.device("anna.holm")


def state(site: Site, seconds: int = 0) -> str:
    return site.client.get(f"/sign-in/app/state?wait={seconds}").json()["state"]


def test_what_is_approved_in_the_app_signs_in_once(site: Site, phone: AppDevice):
    form, digits = begin(site)
    assert state(site) == "waiting"
    status, _, page = finish(site.client, form)
    assert status == 200
    assert "Det er endnu ikke godkendt i appen." in page
    (shown,) = phone.waiting()
    assert (shown["party"], shown["place"]) == ("sign-in", "testclient")
    assert phone.answer(shown, "approve", digits)["accepted"]
    assert state(site, 20) == "approved"
    assert finish(site.client, form)[:2] == (303, "/sign-in/done")
    assert "Godkendt" in site.client.get("/sign-in/done").text
    assert state(site) == "cancelled"
    assert finish(site.client, form)[:2] == (303, OVER)
    assert site.client.get(OVER).headers["location"] == "/sign-in/done", "as for another tab"


@pytest.mark.parametrize("lost", ["cookie", "another"])
def test_a_page_whose_sign_in_is_over_says_so(site: Site, lost: str):
    form, _ = begin(site)
    if lost == "cookie":
        site.client.cookies.clear()
    else:
        begin_sign_in(site.client, "anna.holm")
    for answer in (
        site.client.post("/sign-in/app/finish", data={"csrf": form}),
        site.client.get("/sign-in/app"),
    ):
        assert answer.headers["location"] == OVER
    assert text("da", "sign_in_over") in site.client.get(OVER).text
    assert text("da", "sign_in_over") not in site.client.get("/sign-in").text


def test_a_form_of_an_earlier_sign_in_is_told_so(site: Site):
    form, _ = begin(site)
    begin(site)
    status, _, page = finish(site.client, form)
    assert status == 403
    assert "opened before you signed in or began anew" in page


def test_an_approval_whose_device_was_blocked_since_is_not_called_declined(
    site: Site, phone: AppDevice
):
    form, digits = begin(site)
    assert phone.answer(phone.waiting()[0], "approve", digits)["accepted"]
    site.validator.block(phone.device, actor="test")
    assert text("da", "app_unusable") in finish(site.client, form)[2]


@pytest.mark.parametrize("decision", ["decline", "report"])
def test_a_decline_is_told_and_a_code_can_be_used_instead(
    site: Site, phone: AppDevice, decision: str
):
    form, _ = begin(site)
    phone.answer(phone.waiting()[0], decision)
    assert state(site, 20) == "declined"
    status, _, page = finish(site.client, form)
    assert status == 422
    assert "Det blev ikke godkendt i appen." in page
    assert 'name="code"' in page


def test_an_expiry_is_told(site: Site, phone: AppDevice, clock: VirtualClock):
    form, digits = begin(site)
    (shown,) = phone.waiting()
    clock.now += 300
    assert state(site) == "expired"
    assert phone.answer(shown, "approve", digits)["reason"] == "expired"
    assert "Tiden til at godkende er gået." in finish(site.client, form)[2]
    assert "Tiden til at godkende er gået." in site.client.get("/sign-in/app").text


def test_more_time_is_given_ten_times_to_page_and_app_together(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    form, digits = begin(site)
    (shown,) = phone.waiting()
    clock.now += 240
    assert "Tid tilbage: 1:00" in site.client.get("/sign-in/app").text
    phone.ask("POST", f"/approvals/{shown['id']}/extend", {})
    assert site.client.get("/sign-in/app/state").json() == {"state": "waiting", "seconds_left": 300}
    for _ in range(9):
        clock.now += 240
        assert 'value="longer"' in site.client.get("/sign-in/app").text
        assert finish(site.client, form, "longer")[:2] == (303, "/sign-in/app")
        assert "Tid tilbage: 5:00" in site.client.get("/sign-in/app").text
    assert 'value="longer"' not in site.client.get("/sign-in/app").text
    phone.unlock()  # the session is over by now
    assert phone.waiting()[0]["extensions_left"] == 0
    clock.now += 60
    finish(site.client, form, "longer")
    assert "Tid tilbage: 4:00" in site.client.get("/sign-in/app").text
    assert phone.answer(shown, "approve", digits)["accepted"]


def test_a_party_lets_its_approval_wait_longer(site: Site, clock: VirtualClock):
    asked = site.ask()
    assert (asked["seconds_left"], asked["extensions_left"]) == (300, 10)
    clock.now += 200
    path = f"/v1/approvals/{asked['id']}"
    assert site.api("shop").post(f"{path}/extend", json={}).status_code == 404
    longer = site.bank.post(f"{path}/extend", json={}).json()
    assert (longer["seconds_left"], longer["extensions_left"]) == (300, 9)
    clock.now += 301
    assert site.bank.get(path).json()["seconds_left"] == 0
    refused = site.bank.post(f"{path}/extend", json={})
    assert (refused.status_code, refused.json()["id"]) == (409, "approval-not-extended")


def test_a_code_instead_takes_the_request_back(site: Site, phone: AppDevice):
    form, digits = begin(site)
    (shown,) = phone.waiting()
    assert finish(site.client, form, "code")[:2] == (303, "/sign-in/approve")
    assert phone.waiting() == []
    assert phone.answer(shown, "approve", digits)["reason"] == "not_waiting"


def test_an_approval_is_of_the_browser_that_began_it(site: Site, phone: AppDevice):
    _, digits = begin(site)
    phone.answer(phone.waiting()[0], "approve", digits)
    mine = dict(site.client.cookies)
    site.client.cookies.clear()
    other, _ = begin(site)
    assert state(site) == "waiting"
    assert finish(site.client, other)[0] == 200
    site.client.cookies.clear()
    site.client.cookies.update(mine)
    assert state(site) == "approved"


def test_every_form_needs_the_token_of_its_session(site: Site, phone: AppDevice):
    begin_sign_in(site.client, "anna.holm")
    assert site.client.post("/sign-in/app", data={"csrf": "x"}).status_code == 403
    _, digits = begin(site)
    phone.answer(phone.waiting()[0], "approve", digits)
    assert finish(site.client, "x")[0] == 403
    assert state(site) == "approved"
    site.client.cookies.clear()
    assert site.client.post("/sign-in/app", data={"csrf": "x"}).headers["location"] == OVER
    assert site.client.get("/sign-in/app").headers["location"] == OVER


def test_nobody_is_told_who_exists(site: Site, phone: AppDevice):
    for user_id in ("anna.holm", "bo.lund", "nobody-at-all"):
        begin(site, user_id)
        assert state(site) == "waiting"
    for _ in range(5):
        begin(site, "nobody-at-all")
    form = begin_sign_in(site.client, "nobody-at-all")
    refused = site.client.post("/sign-in/app", data={"csrf": form})
    assert refused.status_code == 422
    assert "Appen er spurgt for ofte." in refused.text

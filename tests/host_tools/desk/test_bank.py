"""The bank of the demonstration: what it refuses leaves the token as it was, and nobody else may
show its pages in a frame or read the letter."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

from emulator.session import Emulator
from host_tools.desk import bank as banks
from host_tools.desk.application import create_app
from host_tools.desk.bank import Bank
from host_tools.desk.token import DeskToken
from host_tools.validator import letters
from host_tools.validator.service import Validator
from tests.support.emulated.desk import BOARDS, SECRET

PAGE, SITE = 4711, 4712
NUMBER = re.compile(r"\d{3} \d{3}")  # which is compared when a token is claimed


class Demonstration(NamedTuple):
    desk: DeskToken
    bank: Bank
    site: TestClient
    page: TestClient

    def order(self, user_id: str) -> object:
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.site.get("/order").text)
        assert csrf
        return self.site.post("/order", data={"csrf": csrf[1], "user_id": user_id})


@pytest.fixture
def demonstration(images: Callable[[str], bytes], tmp_path: Path) -> Iterator[Demonstration]:
    """Put a blank kodeviser beside a bank."""
    (tmp_path / "bank").mkdir()
    with Emulator(
        "kodeviser", BOARDS["kodeviser"], tmp_path / "token", image=images("kodeviser")
    ) as emulator:
        link = emulator.open_pty(tmp_path / "link")
        emulator.unplug()
        with (
            DeskToken(emulator, {"link": link}) as desk,
            banks.opened(desk, tmp_path / "bank", PAGE, SITE) as bank,
        ):
            yield Demonstration(
                desk,
                bank,
                TestClient(bank.app, f"http://127.0.0.1:{SITE}", headers={"Accept": "text/html"}),
                TestClient(create_app([desk], SECRET, bank), f"http://127.0.0.1:{PAGE}"),
            )


def story(demonstration: Demonstration, language: str = "") -> dict[str, object]:
    headers = {"Authorization": f"Bearer {SECRET}"}
    answer = demonstration.page.get("/api/v1/story", headers=headers, params={"lang": language})
    told: dict[str, object] = answer.json()
    return told


def test_the_page_alone_may_show_the_bank_in_a_frame(demonstration: Demonstration) -> None:
    for path in ("/order", "/sign-in", "/nothing"):
        policy = demonstration.site.get(path).headers["content-security-policy"]
        ancestors = policy.partition("frame-ancestors ")[2].split(";")[0].split()
        assert ancestors == [f"http://127.0.0.1:{PAGE}", f"http://localhost:{PAGE}"]
    policy = demonstration.page.get("/").headers["content-security-policy"]
    frames = policy.partition("frame-src ")[2].split(";")[0].split()
    assert frames == [f"http://127.0.0.1:{SITE}", f"http://localhost:{SITE}"]
    assert demonstration.site.get("/order", headers={"Host": "evil.example"}).status_code == 400


def test_the_letter_is_for_who_has_the_secret(demonstration: Demonstration) -> None:
    assert demonstration.page.get("/api/v1/story").status_code == 401
    assert story(demonstration) == {"step": "order", "letter": None, "serial": None}


def test_a_user_id_against_the_rules_is_told_and_nothing_is_made(
    demonstration: Demonstration,
) -> None:
    answer = demonstration.order("ann")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "5 til 48 tegn" in answer.text  # type: ignore[attr-defined]
    assert story(demonstration)["letter"] is None
    assert not demonstration.desk.emulator.plugged


def test_a_form_from_elsewhere_orders_nothing(demonstration: Demonstration) -> None:
    answer = demonstration.site.post("/order", data={"user_id": "anna.holm"})
    assert answer.status_code == 403
    assert story(demonstration)["letter"] is None


def test_a_token_is_ordered_once(demonstration: Demonstration) -> None:
    answer = demonstration.order("anna.holm")
    assert answer.status_code == 200, answer.text  # type: ignore[attr-defined]
    told = story(demonstration)
    assert told["step"] == "letter"
    assert "anna.holm" in str(told["letter"])
    assert not demonstration.desk.emulator.plugged
    again = demonstration.order("bo.lund")
    assert again.status_code == 422  # type: ignore[attr-defined]
    assert "allerede bestilt" in again.text  # type: ignore[attr-defined]
    assert 'href="/activate"' in again.text  # type: ignore[attr-defined]
    assert story(demonstration)["letter"] == told["letter"]
    for language, heading in (("da", "Sådan gør du"), ("en", "What to do"), ("kl", "Sådan gør du")):
        letter = str(story(demonstration, language)["letter"])
        assert heading in letter, language
        assert str(told["serial"]) in letter, "on the token's back as in the letter"
    demonstration.site.get("/activate")
    assert demonstration.site.get("/here").url.path == "/activate"
    validator: Validator = demonstration.bank.app.state.validator
    validator.activate_by_administrator(letters.typed_serial(str(told["serial"])), actor="test")
    reloaded = demonstration.site.get("/here")
    assert reloaded.url.path == "/activate/done"
    assert 'href="/sign-in"' in reloaded.text
    assert story(demonstration)["step"] == "sign-in"


def test_a_cable_that_is_pulled_meanwhile_leaves_the_token_blank_and_the_next_order_works(
    demonstration: Demonstration,
) -> None:
    emulator = demonstration.desk.emulator

    def pull() -> None:
        while not any(NUMBER.fullmatch(line) for line in emulator.screen_text()):
            if over.wait(0.01):
                return
        emulator.unplug()

    over = threading.Event()
    with_cable = threading.Thread(target=pull)
    with_cable.start()
    answer = demonstration.order("anna.holm")
    over.set()
    with_cable.join()
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert story(demonstration)["letter"] is None
    assert not emulator.plugged
    second = demonstration.order("anna.holm")
    assert second.status_code == 200, second.text[-1800:]
    assert story(demonstration)["letter"]

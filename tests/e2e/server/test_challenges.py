"""A kodeoplæser that answers challenges, from provisioning to the server that accepts each answer
once."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from emulator.session import Emulator
from host_tools.cli import main
from host_tools.cli.options.validator import open_validator
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.server.application import create_app
from tests.support.command_line.keyboard import Keyboard
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import digits

NOW = 1_900_000_000  # Unix seconds
PAGE = {"accept": "text/html"}
Call = Callable[..., dict]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> dict:
        code = main([*arguments, "--json"])
        said = capsys.readouterr()
        assert code == 0, said
        return json.loads(said.out)

    return run


@pytest.fixture
def token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speaking_image: bytes
) -> Iterator[SpeakingToken]:
    """Start a new kodeoplæser, whose port KODEBRIK_PORT names, with an inventory and a server
    database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{tmp_path / 'validator.db'}")
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
    with Emulator(
        "kodeoplaeser", "pico2", tmp_path / "token", image=speaking_image, time=NOW
    ) as emulator:
        monkeypatch.setenv("KODEBRIK_PORT", emulator.open_pty(tmp_path / "port"))
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: digits(emulator.screen_text())))
        yield SpeakingToken(emulator)


def enrolled(token: SpeakingToken, call: Call, *options: str) -> str:
    """Provision the token, import the inventory, and assign the token to anna.holm; return its
    serial number."""
    with token.emulator.serving():
        given = call(
            "provision", "--account", "Bank", "--generate", "--secret-out", "secret", *options
        )
    assert call("import", "--from-inventory")["imported"] == 1
    with open_validator(os.environ["KODEBRIK_DATABASE"], None) as validator:
        validator.assign(given["serial"], "anna.holm", actor="test")
        validator.activate_by_administrator(given["serial"], actor="test")
    token.emulator.unplug()
    token.emulator.advance(62)
    return given["serial"]


def answer(token: SpeakingToken, *typed: str) -> str:
    """Wake the token, type, confirm; return the answer on its display."""
    token.tap("red")
    token.until_quiet()
    for number in typed:
        for key in number:
            token.tap(key)
            token.emulator.advance(0.2)
        token.tap("#")
        token.until_quiet()
    token.tap("#")
    token.until_quiet()
    (code,) = re.findall(r"\d{3,4} \d{3,4}", token.shown())
    token.emulator.advance(62)
    return code


@pytest.mark.parametrize("suite", ["OCRA-1:HOTP-SHA256-8:QA24", "OCRA-1:HOTP-SHA256-8:C-QA24"])
def test_a_payment_is_approved_once_by_the_answer_of_the_token(
    token: SpeakingToken, call: Call, suite: str
):
    counter = ["--counter", "3"] if "C-" in suite else []
    serial = enrolled(token, call, "--suite", suite, "--entry", "payment", *counter)
    (account,) = call("inventory", "show", serial)["accounts"]
    assert (account["kind"], account["suite"], account["entry"]) == ("ocra", suite, "payment")
    with open_validator(os.environ["KODEBRIK_DATABASE"], None) as validator:
        assert (validator.token(serial).kind, validator.token(serial).suite) == ("ocra", suite)
        key = validator.create_api_key("bank", Role.CHECKER, actor="test")[1].reveal().decode()
        with TestClient(create_app(validator, Settings())) as bank:
            bank.headers["Authorization"] = f"Bearer {key}"
            for amount, payee in (("5", "12345"), ("41", "97520")):
                text = f"{len(amount)}{amount}{payee}"
                assert (
                    bank.post(
                        "/v1/challenges", json={"user_id": "anna.holm", "text": text}
                    ).status_code
                    == 201
                )
            code = answer(token, "5", "12345")
            sent = {"user_id": "anna.holm", "code": code}
            for challenge, accepted in (("24197520", False), ("1512345", True), ("1512345", False)):
                said = bank.post("/v1/checks", json=sent | {"challenge": challenge}).json()
                assert said["accepted"] is accepted, (challenge, code)


def test_the_number_of_the_sign_in_is_answered_by_the_token(token: SpeakingToken, call: Call):
    enrolled(token, call, "--suite", "OCRA-1:HOTP-SHA1-6:QN08")
    with (
        open_validator(os.environ["KODEBRIK_DATABASE"], None) as validator,
        TestClient(create_app(validator, Settings()), headers=PAGE) as browser,
    ):

        def form(path: str, page: str, **fields: str):
            csrf = re.search(r'name="csrf" value="([^"]+)"', page)
            assert csrf
            return browser.post(path, data={"csrf": csrf[1], **fields})

        asked = form("/sign-in", browser.get("/sign-in").text, user_id="anna.holm").text
        number = re.search(r"\b[1-9]\d{7}\b|\b[1-9]\d{3}\s\d{4}\b", asked)
        assert number, asked
        code = answer(token, re.sub(r"\D", "", number[0]))
        wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
        refused = form("/sign-in/approve", asked, code=wrong)
        assert refused.status_code == 422
        done = form("/sign-in/approve", refused.text, code=code)
        assert done.url.path == "/sign-in/done", "a mistyped answer does not void the number"

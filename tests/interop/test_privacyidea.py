"""privacyIDEA imports our PSKC and accepts our token's codes; we import its export and accept them
too."""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pyotp
import pytest

from emulator.session import Emulator
from host_tools.cli import main
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import ReadOptions
from host_tools.image.image import build_image
from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import encode_base32
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.interop import privacyidea
from tests.interop.privacyidea import PrivacyIdea
from tests.support.command_line.keyboard import Keyboard
from tests.support.limits import REAL_LIMIT

pytestmark = pytest.mark.skipif(not privacyidea.installed(), reason=privacyidea.ABSENT)

KEY = bytes(range(16))


@pytest.fixture(scope="module")
def server() -> Iterator[PrivacyIdea]:
    with privacyidea.running() as running:
        yield running


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A new kodeviser at the real time, plugged in; the operator sees its pixels."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
    with Emulator(
        state=tmp_path / "token", image=build_image("kodeviser", "pico"), time=time.time()
    ) as emulator:
        monkeypatch.setenv("KODEBRIK_PORT", emulator.open_pty())
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: emulator.screen_text()[-1]))
        yield emulator


def shown(emulator: Emulator) -> str:
    """Press the button and read the code from the pixels."""
    emulator.press()
    code = next(
        line.replace(" ", "") for line in emulator.screen_text() if line.replace(" ", "").isdigit()
    )
    emulator.advance(31)  # off again, and in the next period
    return code


def test_privacyidea_takes_over_our_token_and_we_take_it_back(
    server: PrivacyIdea, emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def call(*arguments: str) -> dict:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == 0, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    key_file = tmp_path / "encryption.key"
    key_file.touch(0o600)
    key_file.write_text(KEY.hex())
    with emulator.serving():
        serial = call(
            "provision", "--account", "bank", "--generate", "--secret-out", str(tmp_path / "secret")
        )["serial"]
    emulator.unplug()
    exported = tmp_path / "ours.pskc"
    call("inventory", "export", str(exported), "--encryption-key-file", str(key_file))

    assert server.load("ours.pskc", exported.read_bytes(), type="pskc", psk=KEY.hex()) == {
        "n_imported": 1,
        "n_not_imported": 0,
    }
    first, second = shown(emulator), shown(emulator)
    assert server.check(serial, first), "privacyIDEA accepts what the emulated token shows"
    assert not server.check(serial, first), "and accepts it once"
    assert server.check(serial, second)

    content, psk = server.export_pskc()
    (back,) = [
        token
        for token in formats.read_content(content, ReadOptions(Secret(psk))).tokens
        if token.serial == serial
    ]
    assert encode_base32(back.credential.secret) == (tmp_path / "secret").read_text().strip()
    with Validator(
        f"sqlite:///{tmp_path / 'v.db'}", LocalKey(Secret(bytes(32))), lambda: emulator.rtc_time
    ) as ours:
        ours.import_tokens([NewToken(serial, back.credential)], actor="test")
        ours.assign(serial, "sofie.hansen", actor="test")
        ours.activate_by_administrator(serial, actor="test")
        code = shown(emulator)
        verdicts = ours.check_many(
            [CheckRequest(code, serial=serial), CheckRequest(code, serial=serial)]
        )
        assert [verdict.reason for verdict in verdicts] == [Reason.ACCEPTED, Reason.REPLAY]


CREDENTIALS = [
    Credential("a", Secret(b"twenty secret bytes."), "SHA1", 6, 30),
    Credential("b", Secret(bytes(range(32))), "SHA256", 8, 60),
    Credential("c", Secret(bytes(range(64))), "SHA512", 6, 30),
    Credential("d", Secret(b"twenty secret bytes!"), "SHA1", 6, None, 41),
    Credential("e", Secret(bytes(range(32))), "SHA256", 8, None, 7),
]


def by_pyotp(credential: Credential) -> str:
    digest = getattr(hashlib, credential.algorithm.lower())
    options = {"s": encode_base32(credential.secret), "digits": credential.digits, "digest": digest}
    if credential.counter is None:
        return pyotp.TOTP(**options, interval=credential.period).now()
    return pyotp.HOTP(**options).at(credential.counter)


@pytest.mark.parametrize("protection", ["key", "passphrase"])
def test_every_kind_of_token_goes_there_and_back(server: PrivacyIdea, protection: str):
    tokens = [
        KeyPackage(f"{protection}-{credential.name}", credential) for credential in CREDENTIALS
    ]
    if protection == "key":
        content, form = pskc_writer.write(tokens, key=Secret(KEY)), {"psk": KEY.hex()}
    else:
        content, form = (
            pskc_writer.write(tokens, passphrase=Secret("kære ven".encode())),
            {"password": "kære ven"},
        )
    assert server.load("five.pskc", content, type="pskc", **form)["n_imported"] == len(tokens)
    for token in tokens:
        assert server.check(token.serial, by_pyotp(token.credential)), (
            "privacyIDEA accepts what pyotp computes"
        )
    exported, psk = server.export_pskc()
    back = {
        item.serial: item.credential
        for item in formats.read_content(exported, ReadOptions(Secret(psk))).tokens
    }
    for token in tokens:
        sent, got = token.credential, back[token.serial]
        assert (got.secret, got.algorithm, got.digits, got.period) == (
            sent.secret,
            sent.algorithm,
            sent.digits,
            sent.period,
        )
        if sent.counter is not None:
            assert got.counter == sent.counter + 1, "the next one, after the one that was used"


def test_its_csv_export_is_read_too(server: PrivacyIdea):
    server.ask(
        "POST",
        "/token/init",
        data={"type": "hotp", "otpkey": "31" * 20, "serial": "CSV1", "otplen": "8"},
    )
    tokens = {token.serial: token for token in formats.read_content(server.export_csv()).tokens}
    assert tokens["CSV1"].credential.secret.reveal() == b"1" * 20
    assert (tokens["CSV1"].credential.kind, tokens["CSV1"].credential.digits) == ("hotp", 8)


def test_its_enrolment_uri_is_read_too(server: PrivacyIdea):
    reply = httpx2.post(
        f"{server.url}/token/init",
        data={
            "type": "totp",
            "genkey": "1",
            "serial": "URI1",
            "hashlib": "sha256",
            "timeStep": "60",
        },
        headers={"Authorization": server.token},
        timeout=REAL_LIMIT,
    ).json()
    (token,) = formats.read_content(reply["detail"]["googleurl"]["value"].encode()).tokens
    assert (token.serial, token.credential.algorithm, token.credential.period) == (
        "URI1",
        "SHA256",
        60,
    )
    assert server.check("URI1", token.credential.code(int(time.time())))

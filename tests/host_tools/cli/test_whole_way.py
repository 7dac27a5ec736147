"""The commands on the whole token: firmware on the MicroPython VM, chips at their buses, a serial
port in between."""

import json
import sys

import pyotp
import pytest

from emulator.session import Emulator
from host_tools.cli import main
from host_tools.image.image import build_image
from host_tools.otp import secret_text
from host_tools.secret import Secret
from tests.host_tools.cli.test_cli import Keyboard

SECRET = Secret(b"the secret of the whole way")


@pytest.fixture
def emulator(tmp_path, monkeypatch):
    """A new token, plugged in and served in real time; KODEBRIK_PORT names its port, the operator
    sees its pixels."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with Emulator(
        state=tmp_path / "token", image=build_image("kodeviser", "pico"), time=1_900_000_000
    ) as emulator:
        monkeypatch.setenv("KODEBRIK_PORT", emulator.open_pty(tmp_path / "port"))
        monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
        monkeypatch.setattr(sys, "stdin", Keyboard(lambda: emulator.screen_text()[-1]))
        with emulator.serving():
            yield emulator


def test_a_token_goes_through_its_life(emulator, tmp_path, capsys):
    """blank, provisioned, checked, blocked, unblocked, wiped: each by its command, each seen on the
    display."""
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(secret_text.encode_base32(SECRET))

    def call(*arguments):
        code = main([*arguments, "--json"])
        assert code == 0, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    serial = call("provision", "--account", "bank", "--secret-file", str(path))["serial"]
    assert call("provision", "--account", "bank", "--secret-file", str(path))["clock"].startswith(
        "right within"
    )
    assert [account["name"] for account in call("accounts", "list")["accounts"]] == ["bank"]
    assert abs(call("clock", "check")["offset_ms"]) < 100
    assert all(call("selftest")["parts"].values())
    assert call("info")["accounts"] == 1
    call("settings", "--language", "en")
    emulator.unplug()
    emulator.press()
    shown = "".join(emulator.screen_text()).replace(" ", "")
    totp = pyotp.TOTP(secret_text.encode_base32(SECRET))
    assert any(totp.at(int(emulator.rtc_time) - back) in shown for back in (0, 1))
    emulator.plug()
    call("block")
    emulator.advance(31)
    emulator.press()
    assert emulator.screen_text()[0] == "Blocked"
    call("unblock")
    call("wipe", "--yes", serial)
    emulator.advance(31)
    emulator.press()
    assert emulator.screen_text()[0] == "Ikke sat op", "the language was wiped with the rest"

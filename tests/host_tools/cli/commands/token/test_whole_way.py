"""The commands on an emulated token over a serial port: firmware on the MicroPython VM, simulated
chips.
"""

import json
import time

import pyotp
import pytest

from host_tools.cli import main
from host_tools.otp import secret_text
from host_tools.secret import Secret
from tests.support.emulated.on_port import on_port

SECRET = Secret(b"the secret of the whole way")


@pytest.fixture
def emulator(tmp_path, monkeypatch):
    """A new kodeviser on a port, which $KODEBRIK_PORT names."""
    with on_port(tmp_path, monkeypatch) as plugged:
        yield plugged


def test_a_token_goes_through_its_life(emulator, tmp_path, capsys):
    """Blank, provisioned, checked, blocked, unblocked, wiped: each as the display shows it."""
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(secret_text.encode_base32(SECRET))

    def call(*arguments):
        code = main([*arguments, "--json"])
        assert code == 0, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    serial = call("provision", "--account", "bank", "--secret-file", str(path))["serial"]
    # A clock just set is left alone, unless this machine is so busy that its right time does not
    # show within a second: then it is set again.
    clock = call("provision", "--account", "bank", "--secret-file", str(path))["clock"]
    assert clock.startswith("right within") or clock == "set"
    assert [account["name"] for account in call("accounts", "list")["accounts"]] == ["bank"]
    began = time.monotonic()
    offset = call("clock", "check")["offset_ms"]
    # In real time, what delays a message makes the token look late, by no more than all of it took.
    # tests/e2e/link/test_link.py measures in virtual time.
    assert -1000 * (time.monotonic() - began) < offset < 100
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

"""kodebrik block, unblock and wipe on a token behind a serial port."""

import sys

from firmware.protocol import messages
from host_tools.errors import ExitCode
from tests.support.command_line.keyboard import Keyboard
from tests.support.link.fake_token import SERIAL


def test_block_and_unblock(provisioned, call):
    assert call("block") == (0, {"serial": SERIAL, "state": "blocked"})
    assert call("info")[1]["state"] == "blocked"
    assert call("unblock") == (0, {"serial": SERIAL, "state": "in_use"})


def test_wipe_asks_for_the_serial_number(provisioned, call, monkeypatch):
    assert call("wipe", "--yes", "123456789015")[0] == ExitCode.NOT_CONFIRMED
    assert call("wipe", "--yes", "1234")[0] == ExitCode.BAD_INPUT
    assert provisioned.vault.state == messages.IN_USE
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: SERIAL))
    assert call("wipe") == (0, {"serial": SERIAL, "state": "wiped"})
    assert not provisioned.vault.credentials
    assert call("wipe", "--yes", SERIAL)[0] == 0, "again is harmless"


def test_a_damaged_token_is_wiped_after_a_claim(provisioned, token, call, monkeypatch):
    for slot in token.directory.iterdir():
        slot.write_bytes(b"\xff" * 50)
    token.restart()
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: token.services.numbers[-1]))
    assert call("wipe", "--yes", SERIAL)[0] == 0
    assert token.vault.state == messages.WIPED

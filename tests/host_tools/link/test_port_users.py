"""Who has a port open: seen in a real process, and in a /proc of another user's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import port_users, ports
from host_tools.link.transport import SerialTransport
from tests.support.link.pty_port import PtyPort

PAGE = Path(__file__).parents[3] / "docs" / "hardware.md"
HOLDS = """
import sys, serial
port = serial.Serial(sys.argv[1], exclusive=True)
print("open", flush=True)
sys.stdin.read()
"""


def process(proc, number, name, opened=()):
    folder = proc / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(name + "\n")
    for at, target in enumerate(opened):
        (folder / "fd" / str(at)).symlink_to(target)


@pytest.mark.skipif(sys.platform != "linux", reason="proc(5) is Linux's")
def test_another_program_is_named(tmp_path):
    with PtyPort(lambda data: b"") as port:
        link = tmp_path / "port"
        link.symlink_to(port.path)
        command = [sys.executable, "-c", HOLDS, port.path]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"open\n"
            name = Path(f"/proc/{other.pid}/comm").read_text().strip()
            with pytest.raises(KodebrikError) as raised:
                SerialTransport(str(link))
            other.stdin.close()
    assert raised.value.exit_code == ExitCode.BUSY
    assert raised.value.message == f"The program {name} has {link} open."


def test_one_that_is_seen_goes_before_modem_manager(tmp_path):
    process(tmp_path, 10, "ModemManager")
    process(tmp_path, 11, "minicom", ["/dev/null", "/dev/ttyX9"])
    process(tmp_path, os.getpid(), "kodebrik", ["/dev/ttyX9"])
    (tmp_path / "meminfo").write_text("")
    assert port_users.holder("/dev/ttyX9", tmp_path) == "minicom"
    assert port_users.holder("/dev/ttyX8", tmp_path) == "ModemManager"


def test_where_nothing_is_known_nobody_is_named(tmp_path):
    process(tmp_path, 11, "minicom", ["/dev/null"])
    assert port_users.holder("/dev/ttyX9", tmp_path) is None
    assert port_users.holder("/dev/ttyX9", tmp_path / "none") is None


def test_modem_manager_is_told_apart(monkeypatch):
    monkeypatch.setattr(port_users, "holder", lambda port: port_users.MODEM_MANAGER)
    with PtyPort(lambda data: b"") as port:
        first = SerialTransport(port.path)
        try:
            with pytest.raises(KodebrikError) as raised:
                SerialTransport(port.path)
        finally:
            first.close()
    assert raised.value.identifier == "port-modem-manager"
    assert "udev rule" in raised.value.hint


def test_the_udev_rule_is_for_the_boards_that_are_known():
    vendors = set(re.findall(r'ATTRS\{idVendor\}=="(\w{4})"', PAGE.read_text(encoding="utf-8")))
    assert vendors == {f"{vendor:04x}" for vendor, _ in ports._MICROPYTHON}

"""Whether a station's process still runs, and that no other is taken for it."""

import os
import subprocess
import sys

import pytest

from host_tools.provisioning import station_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="proc(5) is Linux's")
TELL = (
    "from host_tools.provisioning import station_process as s; print(s.own(), flush=True); input()"
)


def test_a_process_runs_until_it_is_killed_also_while_nobody_has_asked_for_its_end():
    with subprocess.Popen(
        [sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        known = other.stdout.readline().strip()
        assert known != station_process.own()
        assert station_process.is_running(known) is True
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert station_process.is_running(known) is False, "a zombie"
        other.wait()
        assert station_process.is_running(known) is False


def test_another_process_with_the_same_number_is_not_taken_for_it():
    *same, began = station_process.own().split()
    assert station_process.is_running(" ".join([*same, began])) is True
    assert station_process.is_running(" ".join([*same, str(int(began) - 1)])) is False


@pytest.mark.parametrize("at", [0, 1], ids=["another boot or computer", "another container"])
def test_nothing_is_said_of_a_process_elsewhere(at):
    parts = station_process.own().split()
    parts[at] = "other"
    assert station_process.is_running(" ".join(parts)) is None


@pytest.mark.parametrize("process", [None, "", "7", "one two"])
def test_nothing_is_said_of_a_process_that_is_not_known(process):
    assert station_process.is_running(process) is None


def test_a_process_that_another_user_hides_is_not_taken_for_dead(tmp_path, monkeypatch):
    boot = tmp_path / "sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True)
    boot.write_text("boot\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")

    def kill(number, _signal):
        raise {7: PermissionError, 8: ProcessLookupError}[number]

    monkeypatch.setattr(os, "kill", kill)
    assert station_process.is_running("boot pid:[1] 7 100", tmp_path) is True
    assert station_process.is_running("boot pid:[1] 8 100", tmp_path) is False
    assert station_process.is_running("boot pid:[1] 7 100", tmp_path / "none") is None

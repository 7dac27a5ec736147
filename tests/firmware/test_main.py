"""How the token's program starts and ends: a production build never in the REPL, a development
build there."""

from pathlib import Path

import pytest

import firmware
from tests.support.runtime import MicroPython, Runtime

pytestmark = pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True)

FIRMWARE = Path(firmware.__file__).parent


def start(runtime: Runtime, development: bool, ends: str) -> tuple[str, list[str]]:
    return runtime.call(
        "tests.firmware.vm_main", "start", (FIRMWARE / "main.py").read_text(), development, ends
    )


@pytest.mark.parametrize("ends", ["ctrl-c", "error", "exit", "returns", "bring-up"])
def test_production_resets_however_the_program_ends(runtime: Runtime, ends: str):
    ended, calls = start(runtime, False, ends)
    assert calls[0] == "kbd_intr -1"
    assert calls[-1] == "reset"
    assert ended == "SystemExit"
    assert "kbd_intr 3" not in calls


@pytest.mark.parametrize("ends", ["no hardware.py", "no build.py"])
def test_production_with_broken_files_ends_in_a_soft_reset(runtime: Runtime, ends: str):
    """SystemExit makes MicroPython start over; any other end would open the REPL."""
    assert start(runtime, False, ends)[0] == "SystemExit"


@pytest.mark.parametrize(
    ("ends", "error"),
    [("ctrl-c", "KeyboardInterrupt"), ("error", "OSError"), ("bring-up", "MemoryError")],
)
def test_development_ends_in_the_repl_with_ctrl_c_enabled(runtime: Runtime, ends: str, error: str):
    ended, calls = start(runtime, True, ends)
    assert ended == error
    assert calls[0] == "kbd_intr -1"
    assert calls[-1] == "kbd_intr 3"


def test_power_is_held_before_the_vault_and_the_app_are_imported(runtime: Runtime):
    _, calls = start(runtime, True, "returns")
    assert calls[:4] == ["kbd_intr -1", "bring_up", "vault", "app"]


def test_boot_does_nothing_that_can_fail(runtime: Runtime):
    """MicroPython skips main.py and opens the REPL when boot.py raises."""
    statements = [
        line for line in (FIRMWARE / "boot.py").read_text().split('"""')[2].splitlines() if line
    ]
    assert statements == ["import micropython", "micropython.kbd_intr(-1)"]

"""Interrupt handlers run during file operations, as on a board, and must not use the flash then."""

from collections.abc import Callable

import pytest

from emulator.errors import FlashReenteredError
from emulator.session import Emulator

# A timer that runs HANDLES every millisecond, and a program that reads or writes files meanwhile.
BUSY = """
import time
from machine import Timer
with open("noise", "wb") as file:
    file.write(bytes(20000))
ran = []
working = False
def handle(timer):
    if working:
        ran.append(1)
    HANDLES
timer = Timer(-1)
timer.init(mode=Timer.PERIODIC, period=1, callback=handle)
working = True
for _ in range(30):
    WORKS
working = False
timer.deinit()
print(len(ran) > 3)
"""
READS = """
    with open("noise", "rb") as file:
        while file.read(100):
            pass
"""
WRITES = """
    with open("more", "wb") as file:
        file.write(bytes(2000))
"""
Run = Callable[..., str]


@pytest.mark.parametrize("works", [READS, WRITES], ids=["reading", "writing"])
def test_a_handler_that_leaves_files_alone_runs_within_file_operations(
    run: Run, works: str
) -> None:
    assert run(BUSY.replace("WORKS", works).replace("HANDLES", "pass"), 5).strip() == "True"


@pytest.mark.parametrize("works", [READS, WRITES], ids=["reading", "writing"])
@pytest.mark.parametrize("handles", ["open('noise', 'rb').close()", "open('other', 'wb').close()"])
def test_a_handler_that_uses_files_during_a_file_operation_is_an_error(
    token: Callable[..., Emulator], works: str, handles: str
) -> None:
    emulator = token(BUSY.replace("WORKS", works).replace("HANDLES", handles))
    emulator.board.set_usb(True)
    with pytest.raises(FlashReenteredError, match="handler of timer 0"):
        emulator.advance(5)


def test_the_same_handler_may_use_files_while_the_program_waits(run: Run) -> None:
    handles = "open('other', 'wb').close()"
    assert (
        run(BUSY.replace("WORKS", "time.sleep_ms(200)").replace("HANDLES", handles), 60).strip()
        == "True"
    )

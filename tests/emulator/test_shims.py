"""The replaced modules machine, time, select and os, as a program in the VM sees them."""

from collections.abc import Callable

import pytest

from emulator.session import Emulator
from tests.support.emulated.images import image

BUS = "from machine import I2C, Pin\nbus = I2C(0, sda=Pin(4), scl=Pin(5), freq=400000)\n"


def test_a_program_sees_only_its_own_file_system(run: Callable[..., str]) -> None:
    assert (
        run("import os, sys\nprint(os.listdir('/'), sys.path)")
        == "['main.py'] ['', '.frozen', '/lib']\n"
    )


@pytest.mark.parametrize("name", ["system", "getenv", "putenv"])
def test_the_hosts_shell_is_out_of_reach(run: Callable[..., str], name: str) -> None:
    assert run(f"import os\nprint(hasattr(os, '{name}'))") == "False\n"


def test_names_that_a_board_lacks_are_absent(run: Callable[..., str]) -> None:
    program = (
        "import machine\ntry:\n    machine.Nonsense\nexcept AttributeError as e:\n    "
        "print(repr(e))"
    )
    assert "AttributeError" in run(program)


def test_utime_and_the_other_old_names_are_the_same_modules(run: Callable[..., str]) -> None:
    program = (
        "import time, utime, select, uselect, os, uos\nprint(time is utime, select is uselect, "
        "os is uos)"
    )
    assert run(program) == "True True True\n"


def test_sleep_takes_virtual_time_exactly(run: Callable[..., str]) -> None:
    program = """
import time
start = time.ticks_ms()
time.sleep(2)
time.sleep_ms(500)
print(time.ticks_diff(time.ticks_ms(), start))
"""
    assert run(program, 3) == "2500\n"


def test_ticks_wrap_at_2_to_the_30_as_on_a_board(run: Callable[..., str]) -> None:
    program = """
import time
time.sleep(1073)
a = time.ticks_us()
time.sleep(1)
b = time.ticks_us()
print(b < a, 1000000 <= time.ticks_diff(b, a) < 1000100, time.ticks_add(a, (1 << 29) - 1) < 1 << 30)
try:
    time.ticks_add(a, 1 << 29)
except OverflowError as error:
    print(error)
"""
    assert run(program, 1080) == "True True True\nticks interval overflow\n"


def test_a_busy_loop_ends_and_lets_interrupts_in(token: Callable[..., Emulator]) -> None:
    program = """
import time
from machine import Pin
pin, edges = Pin(15, Pin.IN, Pin.PULL_UP), []
pin.irq(lambda p: edges.append(1), Pin.IRQ_FALLING)
start = time.ticks_ms()
while not edges and time.ticks_diff(time.ticks_ms(), start) < 1000:
    pass
print(len(edges) > 0)
start = time.ticks_us()
while time.ticks_diff(time.ticks_us(), start) < 20000:
    pass
print("over")
time.sleep(1000)
"""
    emulator = token(program)
    emulator.plug()
    emulator.clock.after(100_000, emulator.board.parts["button"].press)
    emulator.advance(2)
    assert emulator.port.read(0).startswith(b"True\nover\n")


def test_an_interrupt_ends_neither_a_sleep_nor_a_poll_early(token: Callable[..., Emulator]) -> None:
    program = """
import select, sys, time
from machine import Pin
pin, edges = Pin(15, Pin.IN, Pin.PULL_UP), []
pin.irq(lambda p: edges.append(p.value()), Pin.IRQ_FALLING | Pin.IRQ_RISING)
start = time.ticks_ms()
time.sleep(1)
print(time.ticks_diff(time.ticks_ms(), start), edges)
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
print(poll.poll(1000), time.ticks_diff(time.ticks_ms(), start))
time.sleep(1000)
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(0.5)
    emulator.press()
    emulator.advance(2)
    assert emulator.port.read(0).startswith(
        b"1000 [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]\n[] 2000\n"
    )


def test_poll_wakes_on_an_object_that_an_interrupt_made_ready(
    token: Callable[..., Emulator],
) -> None:
    program = """
import io, select
from machine import Pin
class Flag(io.IOBase):
    state = 0
    def ioctl(self, request, flags):
        return self.state * flags if request == 3 else -1
flag, pin = Flag(), Pin(15, Pin.IN, Pin.PULL_UP)
def fire(pin):
    flag.state = 1
pin.irq(fire, Pin.IRQ_FALLING)
poll = select.poll()
poll.register(flag, select.POLLIN)
print(poll.poll()[0][0] is flag)
poll.unregister(flag)
print(poll.poll(10))
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(5)
    assert emulator.port.read(0) == b""
    emulator.press()
    assert emulator.port.read(0).startswith(b"True\n[]\n")


def test_interrupts_wait_while_they_are_disabled(token: Callable[..., Emulator]) -> None:
    program = """
import machine, time
pin, edges = machine.Pin(15, machine.Pin.IN, machine.Pin.PULL_UP), []
pin.irq(lambda p: edges.append(1), machine.Pin.IRQ_FALLING)
state = machine.disable_irq()
time.sleep(1)
print(len(edges))
machine.enable_irq(state)
print(len(edges) > 0)
time.sleep(1000)
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(0.5)
    emulator.press()
    emulator.advance(2)
    assert emulator.port.read(0).startswith(b"0\nTrue\n")


@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_an_error_in_an_interrupt_handler_is_printed_and_only_a_hard_one_is_dropped(
    token: Callable[..., Emulator], hard: bool
) -> None:
    program = f"""
import time
from machine import Pin
Pin(15, Pin.IN, Pin.PULL_UP).irq(lambda p: 1 // 0, Pin.IRQ_FALLING, {hard})
time.sleep(2)
print("on")
time.sleep(1000)
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(0.5)
    emulator.press()
    emulator.advance(0.5)
    emulator.press()
    emulator.advance(1.5)
    output = emulator.port.read(0)
    errors = output.count(b"ZeroDivisionError")
    assert errors == 1 if hard else errors >= 2  # two presses, which may bounce
    assert b"on\n" in output


def test_i2c_scan_and_register_access(run: Callable[..., str]) -> None:
    program = (
        BUS
        + """
print(bus.scan())
bus.writeto_mem(0x68, 7, b"\\x12\\x34")
print(bus.readfrom_mem(0x68, 7, 2), bus.writevto(0x68, (b"\\x07", b"\\x56")))
buffer = bytearray(2)
bus.readfrom_mem_into(0x68, 7, buffer)
print(buffer)
bus.writeto(0x68, b"\\x08")
print(bus.readfrom(0x68, 1))
"""
    )
    assert run(program).splitlines() == ["[60, 104]", "b'\\x124' 2", "bytearray(b'V4')", "b'4'"]


@pytest.mark.parametrize(
    "call", ["writeto(0x50, b'x')", "readfrom(0x50, 1)", "readfrom_mem(0x50, 0, 1)"]
)
def test_an_address_without_a_chip_raises_oserror(run: Callable[..., str], call: str) -> None:
    assert run(BUS + f"try:\n    bus.{call}\nexcept OSError as e:\n    print(e.errno)") == "5\n"


def test_a_kilobyte_takes_23_ms_at_400_khz(run: Callable[..., str]) -> None:
    program = BUS + (
        "import time\na = time.ticks_us()\nbus.writeto(0x3C, "
        "bytes(1024))\nprint(time.ticks_diff(time.ticks_us(), a))"
    )
    assert int(run(program)) == pytest.approx(1025 * 9 / 0.4, rel=0.01)


def test_pins_read_what_they_drive_and_what_pulls_them(run: Callable[..., str]) -> None:
    program = """
from machine import Pin
a = Pin(2, Pin.OUT, value=1)
b = Pin(3, Pin.IN).value(), Pin(3, Pin.IN, Pin.PULL_UP).value(), Pin(24, Pin.IN).value()
print(a.value(), a.toggle(), a(), *b)
"""
    assert run(program) == "1 None 0 0 1 1\n"


@pytest.mark.parametrize("call", ["pin.value(1)", "pin.value()", "spi.write(data)"])
def test_pins_and_spi_allocate_nothing(run: Callable[..., str], call: str) -> None:
    """The VM collects garbage every few kilobytes that are allocated, and that takes its time."""
    program = f"""
from machine import Pin, SPI
from micropython import mem_total
spi, pin, data = SPI(0, 10_000_000, sck=Pin(18), mosi=Pin(19)), Pin(2, Pin.OUT), bytes(100)
def use():
    for _ in range(100):
        {call}
use()
before = mem_total()
use()
print(mem_total() - before)
"""
    assert int(run(program)) < 1000  # of 100 calls: what use() itself needs


def test_the_seed_determines_unique_id_and_random_bytes(run: Callable[..., str]) -> None:
    program = "import machine, os\nprint(machine.unique_id(), os.urandom(40))"
    same, again, other = (
        run(program, name=name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert same == again != other


def test_random_bytes_differ_after_a_reset(token: Callable[..., Emulator]) -> None:
    emulator = token(
        "import machine, os, time\nprint(os.urandom(8))\ntime.sleep(1)\nmachine.reset()"
    )
    emulator.plug()
    emulator.advance(3.5)
    lines = emulator.port.read(0).splitlines()
    assert len(lines) == len(set(lines)) == 4


def test_reset_causes(token: Callable[..., Emulator]) -> None:
    emulator = token(
        "import machine, time\nprint(machine.reset_cause())\ntime.sleep(1)\nmachine.reset()"
    )
    emulator.plug()
    emulator.advance(1.5)
    assert emulator.port.read(0) == b"1\n3\n"


def test_the_watchdog_resets_a_program_that_does_not_feed_it(
    token: Callable[..., Emulator],
) -> None:
    program = """
import machine, time
print(machine.reset_cause())
dog = machine.WDT(timeout=1000)
for _ in range(5):
    time.sleep_ms(900)
    dog.feed()
print("fed")
time.sleep(60)
"""
    emulator = token(program)
    emulator.plug()
    emulator.advance(8)
    assert emulator.port.read(0) == b"1\nfed\n3\n"


def test_soft_reset_and_system_exit_start_over(token: Callable[..., Emulator]) -> None:
    for name, end in (("a", "machine.soft_reset()"), ("b", "raise SystemExit")):
        emulator = token(f"import machine, time\nprint('start')\ntime.sleep(1)\n{end}", name)
        emulator.plug()
        emulator.advance(1.5)
        assert emulator.port.read(0) == b"start\nstart\n"


def test_lightsleep_lasts_its_time(run: Callable[..., str]) -> None:
    program = (
        "import machine, time\na = "
        "time.ticks_ms()\nmachine.lightsleep(700)\nprint(time.ticks_diff(time.ticks_ms(), a))"
    )
    assert run(program) == "700\n"


def test_the_mcus_own_clock_starts_in_2021(run: Callable[..., str]) -> None:
    assert (
        run("import time\ntime.sleep(10)\nprint(time.gmtime()[:6], time.time())", 11)
        == "(2021, 1, 1, 0, 0, 10) 1609459210\n"
    )


def test_files_written_inside_are_on_the_flash(token: Callable[..., Emulator]) -> None:
    emulator = token(
        "with open('/note', 'w') as f:\n    f.write('kept')\nprint(open('/note').read())\nimport "
        "time\ntime.sleep(9)"
    )
    emulator.plug()
    emulator.advance(1)
    assert emulator.port.read(0).startswith(b"kept\n")
    assert emulator.flash.operations > 0
    assert emulator.directory.joinpath("flash.bin").read_bytes() != image("")


def test_a_file_in_the_blocks_of_another_one_reads_as_written(run: Callable[..., str]) -> None:
    """Little room is left, so each file lies where one before it was."""
    program = """
with open('/ballast', 'wb') as f:
    for _ in range(310):
        f.write(bytes(4096))
wrong = 0
for mark in range(8):
    with open('/file', 'wb') as f:
        for place in range(18):
            f.write(bytes((mark, place)) * 2048)
    with open('/file', 'rb') as f:
        for place in range(17, -1, -1):
            f.seek(4096 * place)
            wrong += f.read(2) != bytes((mark, place))
print(wrong)
"""
    assert run(program, 300) == "0\n"


def test_the_heap_has_the_boards_size(run: Callable[..., str]) -> None:
    assert 150_000 < int(run("import gc\ngc.collect()\nprint(gc.mem_free())")) < 230_000


def test_poll_registers_changes_and_forgets_files_and_python_streams_alike(
    token: Callable[..., Emulator],
) -> None:
    program = """
import io, select, sys, time
class Stream(io.IOBase):
    def ioctl(self, request, flags):
        return flags & select.POLLIN if request == 3 else -1
stream, poll = Stream(), select.poll()
poll.register(stream)
poll.register(sys.stdin, select.POLLIN)
time.sleep(1)
print(poll.poll(10) == [(sys.stdin, 1), (stream, 1)])
poll.modify(stream, select.POLLOUT)
print([one[0] is sys.stdin for one in poll.ipoll(10, 1)], poll.poll(10))
poll.modify(stream, select.POLLIN)
poll.unregister(sys.stdin)
print(list(poll.ipoll(10)) == [(stream, 1)])
poll.unregister(stream)
print(poll.poll(10))
time.sleep(1000)
"""
    emulator = token(program)
    emulator.plug()
    emulator.port.write(b"x")
    poll = emulator.port.read(0.5)
    emulator.advance(1)
    assert poll + emulator.port.read(0) == b"True\n[True] []\nTrue\n[]\n"

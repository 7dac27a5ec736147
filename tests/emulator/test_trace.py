"""What a trace records, and both of its files: the dump as an independent reader sees it."""

import io
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcd.reader import TokenKind, tokenize

from emulator.errors import TracedAlreadyError
from emulator.session import Emulator
from emulator.vcd import Value, dump
from firmware.protocol import frames, messages
from tests.support.emulated.images import ECHO, PANEL

Token = Callable[..., Emulator]
Changes = list[tuple[int, Value]]
HELLO = b"\x01hi"
SECRET = b"\x03" + bytes(range(0x61, 0x61 + 26))

# Answers nothing; sends one block of full scale, then one of half, and uses SPI and a chip that is
# not there.
SPEAKER = """
import time
from array import array
from machine import I2C, I2S, SPI, Pin
hold = Pin(14, Pin.OUT, value=1)
spi = SPI(0, 2_000_000, sck=Pin(18), mosi=Pin(19))
spi.write(bytes(range(20)))
bus = I2C(0, sda=Pin(4), scl=Pin(5), freq=400000)
bus.writeto(0x68, b"\\x0e")
bus.readfrom(0x68, 2)
try:
    bus.writeto(0x50, b"x")
except OSError:
    pass
out = I2S(0, sck=Pin(10), ws=Pin(11), sd=Pin(9), mode=I2S.TX, bits=16, format=I2S.MONO,
          rate=16000, ibuf=8000)
out.write(array("h", [-32768] * 1600 + [16384] * 1600))
while True:
    time.sleep(1)
"""


def read(text: str) -> dict[str, Changes]:
    """Give each variable's times and values as pyvcd reads them. Strings as they are written."""
    names: dict[str, str] = {}
    values: dict[str, Changes] = {}
    now = 0
    for token in tokenize(io.BytesIO(text.encode())):
        if token.kind is TokenKind.VAR:
            names[token.var.id_code] = token.var.reference
            values[token.var.reference] = []
        elif token.kind is TokenKind.CHANGE_TIME:
            assert token.time_change >= now
            now = token.time_change
        elif token.kind is TokenKind.CHANGE_SCALAR:
            values[names[token.scalar_change.id_code]].append((now, int(token.scalar_change.value)))
        elif token.kind is TokenKind.CHANGE_REAL:
            values[names[token.real_change.id_code]].append((now, token.real_change.value))
        elif token.kind is TokenKind.CHANGE_STRING:
            escaped = token.string_change.value
            value = re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), escaped)
            values[names[token.string_change.id_code]].append((now, value))
    return values


def test_transactions_and_pins_have_their_times_and_chips(token: Token) -> None:
    emulator = token(PANEL)
    with emulator.trace() as trace:
        emulator.press(200)
    lines = trace.text().splitlines()
    on = next(line for line in lines if "80 AF" in line)
    assert "i2c0" in on
    assert "0x3C display (ssd1306): write 80 AF" in on
    assert "     72 us" in on  # 9 clocks for each of 3 bytes, start and stop, at 400 kHz
    picture = next(line for line in lines if "1025 bytes" in line)
    assert f"write 40 {' '.join(['00'] * 15)} ... 1025 bytes" in picture
    button = [event for event in trace.events() if event.channel == "gpio15_button"]
    assert button[0] == (200_000, 0, "gpio15_button", 1)  # let go, after which it bounces
    assert [event.what for event in button] == [1, 0] * (len(button) // 2) + [1]


def test_the_dump_is_read_by_another_program(token: Token) -> None:
    emulator = token(PANEL)
    with emulator.trace() as trace:
        emulator.press(200)
    values = read(trace.vcd())
    events = trace.events()
    for name in ("gpio14_latch", "gpio15_button", "gpio24_usb"):
        told: Changes = [(event.time, event.what) for event in events if event.channel == name]
        assert values[name][1:] == told
        levels = [level for _, level in values[name]]
        assert all(one != other for one, other in pairwise(levels))
    texts = [what for _, what in values["i2c0"] if what]
    assert texts == [event.what for event in events if event.channel == "i2c0"]
    busy = values["i2c0_busy"][1:]
    assert [level for _, level in busy] == [1, 0] * len(texts)
    transfers = [event for event in events if event.channel == "i2c0"]
    assert [end - begin for (begin, _), (end, _) in zip(busy[::2], busy[1::2], strict=True)] == [
        event.duration for event in transfers
    ]


def test_spi_silent_chips_and_the_levels_of_sound(token: Token) -> None:
    emulator = token(SPEAKER, product="kodeoplaeser")
    with emulator.trace() as trace:
        emulator.press()
        emulator.advance(0.5)
    text = trace.text()
    data = " ".join(f"{byte:02X}" for byte in range(16))
    assert f"display (sharp_lcd): {data} ... 20 bytes" in text
    assert "0x68 clock (ds3231): write 0E" in text
    assert re.search(r"0x68 clock \(ds3231\): read [0-9A-F]{2} [0-9A-F]{2}\n", text)
    assert "0x50 nobody: write 78, no answer" in text
    assert "i2s0                   0.0 dBFS" in text
    assert "-6.0 dBFS" in text
    levels = read(trace.vcd())["i2s0"]
    assert [level for _, level in levels] == [0.0] + [1.0] * 10 + [0.5] * 10 + [0.0]
    assert levels[-1][0] - levels[1][0] == 198_000  # what fills no DMA buffer stays in the ring


def test_of_frames_kind_and_length_are_kept_and_nothing_else(token: Token) -> None:
    hello = f"import sys\nsys.stdout.buffer.write({frames.encode(HELLO)!r})\n"
    emulator = token(hello + ECHO)
    with emulator.trace() as trace:
        emulator.plug()
        emulator.advance(0.2)
        block = frames.encode(SECRET)
        emulator.port.write(block[:7])
        emulator.port.write(block[7:] + b"\0damaged\0" + frames.encode(b"\x63"))
        emulator.advance(0.2)
    told = [(e.channel, e.what) for e in trace.events() if e.channel.startswith("link")]
    assert ("link_to_host", "hello, 3 bytes") in told
    assert [what for channel, what in told if channel == "link_to_token"] == [
        f"transport, {len(SECRET)} bytes",
        "damaged, or no frame",
        "kind 99, 1 bytes",
    ]
    for written in (trace.text(), trace.vcd()):
        assert "abc" not in written
        assert b"abc".hex(" ") not in written.lower()


def test_the_names_of_frames_are_the_links() -> None:
    kinds = (messages.HELLO, messages.HANDSHAKE, messages.TRANSPORT, messages.ERROR)
    assert kinds == (1, 2, 3, 4)


def test_the_last_events_are_kept_and_the_others_counted(token: Token) -> None:
    traces = []
    for name, kept in (("whole", 1000), ("few", 5)):
        emulator = token(PANEL, name, seed=7)
        with emulator.trace(kept=kept) as trace:
            emulator.press(200)
        traces.append(trace)
    whole, few = traces
    assert whole.dropped == 0
    assert len(few.events()) == 5
    assert few.dropped == len(whole.events()) - 5 > 0
    assert set(few.events()) < set(whole.events())
    assert f"5 events, {few.dropped} earlier ones dropped" in few.text().splitlines()[0]
    assert f"{few.dropped} earlier ones dropped" in few.vcd()
    all_levels, levels = read(whole.vcd())["gpio15_button"], read(few.vcd())["gpio15_button"]
    assert levels[1:] == all_levels[-len(levels) + 1 :]
    assert levels[0][1] == all_levels[-len(levels)][1]


def test_a_stopped_trace_records_no_more_and_only_one_runs(token: Token) -> None:
    emulator = token(PANEL)
    trace = emulator.trace()
    with pytest.raises(TracedAlreadyError):
        emulator.trace()
    emulator.press()
    assert trace.running
    trace.stop()
    trace.stop()
    assert not trace.running
    before = trace.text(), trace.vcd()
    emulator.press()
    emulator.plug()
    assert (trace.text(), trace.vcd()) == before
    emulator.trace().stop()


def test_a_traced_token_runs_as_one_that_is_not(token: Token) -> None:
    seen = []
    for name in ("traced", "not"):
        emulator = token(PANEL, name, seed=7)
        emulator.mcu.trace = io.BytesIO()
        trace = emulator.trace() if name == "traced" else None
        emulator.press()
        emulator.press(90)
        if trace is not None:
            trace.stop()
        seen.append((emulator.mcu.trace.getvalue(), emulator.screen(), emulator.elapsed))
    assert seen[0] == seen[1]


LEVELS = st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from((0, 1))), max_size=20)
TEXTS = st.lists(st.tuples(st.integers(0, 10**9), st.text("a \\#$\n\x7fÅ", max_size=9)), max_size=9)


@given(LEVELS, TEXTS)
def test_any_changes_are_read_back(levels: Changes, texts: Changes) -> None:
    changes = [(time, "pin", level) for time, level in levels]
    changes += [(time, "told", text) for time, text in texts]
    values = read(dump(0, 10**9, {"pin": 0, "told": ""}, changes, "a test"))
    by_time = lambda change: change[0]  # noqa: E731
    assert values["pin"][1:] == sorted(levels, key=by_time)
    told = [(time, str(text).encode().decode("latin-1")) for time, text in texts]
    assert values["told"][1:] == sorted(told, key=by_time)

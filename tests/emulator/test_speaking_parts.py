"""The parts of a token that speaks, from a program through real drivers to pixels and samples, in
virtual time."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.screen import Screen
from emulator.session import Emulator
from firmware.products.kodeoplaeser import PRODUCT as KODEOPLAESER
from tests.support.emulated.images import image, image_with_drivers

RATE = 16_000
PRODUCT = {key: KODEOPLAESER[key] for key in ("name", "parts", "debounce_ms", "sample_rate")}

# A second of 440 Hz through machine.I2S alone, as MicroPython's own examples play it.
SINE = """
import math, time
from array import array
from machine import I2S, Pin
Pin(12, Pin.OUT, value=1)
time.sleep_ms(100)
samples = array("h", [round(10000 * math.sin(2 * math.pi * 440 * n / 16000)) for n in range(16000)])
at = 0
def more(port):
    global at
    if at < len(samples):
        piece = samples[at : at + 320]
        at += 320
        port.write(piece)
port = I2S(0, sck=Pin(10), ws=Pin(11), sd=Pin(9), mode=I2S.TX, bits=16,
           format=I2S.MONO, rate=16000, ibuf=1280)
port.irq(more)
more(port)
print(at)
time.sleep(100)
"""

# A second of a ramp through machine.I2S in asyncio mode, as much at a time as there is room for, at
# irregular times.
RAMP = """
import select, time
from array import array
from machine import I2S, Pin
port = I2S(0, sck=Pin(10), ws=Pin(11), sd=Pin(9), mode=I2S.TX, bits=16,
           format=I2S.CHANNELS, rate=16000, ibuf=IBUF)
asking = select.poll()
asking.register(port, select.POLLOUT)
asking.poll(0)
ramp = memoryview(array("h", [n + 1 for n in range(16000)]))
at = 0
for n in range(400):
    at += port.write(ramp[at : at + 37 * n % 700 + 1]) // 2
    time.sleep_us((0, 1990, 2000, 2010, 33, 40_000, 7)[n % 7])
print(at, bool(asking.poll(0)))
port.deinit()
print(port.write(ramp), asking.poll(0))
time.sleep(100)
"""

# Key 5 plays two seconds of a ramp, any other key stops it, and every event is printed.
PROGRAM = f"""
import select, time
from firmware.boards.BOARD import BOARD
from firmware.hardware import bring_up
token = bring_up(BOARD, {PRODUCT!r})
print(token.faults)
at = 0
playing = False
audio = token.audio
def feed():
    global at, playing
    while at < 32800 and audio.room():
        for i in range(len(audio.piece)):
            # The port keeps the last few samples back.
            audio.piece[i] = at % 16384 + 1000 if at < 32000 else 0
            at += 1
        audio.send()
    if audio.over():
        playing = False
        audio.stop()
        print("audio over")
names = ("keypad", "jack")
parts = [getattr(token, name) for name in names]
poll = select.poll()
for part in parts:
    poll.register(part, select.POLLIN)
def plugged(now):
    if now:
        token.amplifier.off()
token.jack.on_edge = plugged
token.keypad.on_press = audio.mute
while True:
    if playing:
        feed()
    for part, _ in poll.poll(audio.feed_ms if playing else -1):
        event = part.read()
        print(names[parts.index(part)], event)
        if part is token.jack and not event[0]:
            playing = False
            audio.stop()
        if part is token.keypad and event[1]:
            if event[0] == "5":
                at = 0
                playing = True
                audio.stop()
                if not token.jack.plugged:
                    token.amplifier.on()
            else:
                playing = False
                audio.stop()
                BUSY
"""

PATTERN = f"""
import time
from firmware.boards.BOARD import BOARD
from firmware.hardware import bring_up
display = bring_up(BOARD, {PRODUCT!r}).display
for y in range(240):
    for x in range(y % 7, 400, 7):
        display.canvas.pixel(x, y, 1)
STEPS
start = time.ticks_us()
display.show()
print(time.ticks_diff(time.ticks_us(), start))
display.on()
while True:
    time.sleep_ms(display.tick_ms)
    display.tick()
"""

Token = Callable[..., Emulator]


@pytest.fixture
def speaking(tmp_path: Path) -> Iterator[Token]:
    """Return a function that makes a token with the kodeoplæser's parts and a given main.py,
    plugged in and started."""
    with ExitStack() as stack:

        def make(main: str, board: str = "pico", drivers: bool = True) -> Emulator:
            main = main.replace("boards.BOARD", f"boards.{board}")
            content = image_with_drivers(main, board) if drivers else image(main)
            emulator = stack.enter_context(
                Emulator("kodeoplaeser", board, tmp_path / board, image=content)
            )
            emulator.plug()
            emulator.advance(1)
            return emulator

        yield make


def said(emulator: Emulator) -> list[str]:
    return emulator.port.read(0).decode().splitlines()


# Sound


def test_a_sine_through_machine_i2s_is_heard_sample_by_sample(speaking: Token) -> None:
    emulator = speaking(SINE, drivers=False)
    emulator.advance(1)
    heard = emulator.audio(0)
    sine = [round(10000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE)]
    start = round(heard.onset(0) * RATE) - 1  # the sine's own first sample is 0
    # the DMA takes no less than 64 at once
    assert list(heard.speaker[start : start + RATE - 64]) == sine[: RATE - 64]
    assert not any(heard.speaker[:start])
    assert not any(heard.headphones)


@pytest.mark.parametrize("board", ["pico", "pico2", "esp32_s3"])
def test_the_driver_plays_every_sample_and_tells_when_the_last_one_has_been_heard(
    speaking: Token, board: str
) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"), board)
    emulator.plug_headset()
    emulator.advance(1)
    assert said(emulator)[-1].startswith("jack (True")
    start = emulator.elapsed
    emulator.press_key("5")
    assert emulator.run_until(lambda: b"audio" in emulator.link.received, 5)
    heard = emulator.audio(start)
    first = next(n for n, sample in enumerate(heard.headphones) if sample)
    assert list(heard.headphones[first : first + 32_000]) == [
        n % 16384 + 1000 for n in range(32_000)
    ]
    assert not any(heard.headphones[first + 32_000 :])
    assert first / RATE < 0.02
    assert 0 <= emulator.elapsed - start - (first + 32_000) / RATE < 0.4, (
        "the ring goes round once more"
    )
    assert "audio over" in said(emulator)


def test_playing_again_and_stopping_at_every_moment_leaves_no_old_sound(speaking: Token) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    for wait in range(15, 200, 7):
        start = emulator.elapsed
        emulator.press_key("5", wait)
        stopped = emulator.elapsed
        emulator.key_down("1")
        emulator.advance(0.1)
        emulator.key_up("1")
        heard = emulator.audio(start)
        first = next((n for n, sample in enumerate(heard.speaker) if sample), 0)
        count = next((n for n, sample in enumerate(heard.speaker[first:]) if not sample), 0)
        skipped = heard.speaker[first] - 1000
        assert list(heard.speaker[first : first + count]) == [
            1000 + skipped + n for n in range(count)
        ]
        assert not any(heard.speaker[first + count :])
        assert heard.offset() - stopped < 0.02, "the debounced key, and the DMA's 4 ms"


@pytest.mark.parametrize("wait", [50, 111, 500, 1234])
def test_a_key_is_followed_by_silence_at_once(speaking: Token, wait: int) -> None:
    """EN 301 549 5.1.3.5: speech stops when asked to; our limit is 100 ms."""
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    emulator.press_key("5", wait)
    pressed = emulator.elapsed
    emulator.key_down("#")
    emulator.advance(0.2)
    assert emulator.audio(pressed - 0.01).offset() - pressed < 0.02


def test_sound_goes_on_while_the_program_draws(speaking: Token) -> None:
    """Three whole frames take 150 ms on the bus, in which no samples are sent."""
    draw = "token.display.on()\n                for ink in (1, 0, 1):\n"
    draw += (
        "                    token.display.canvas.fill(ink)\n                    "
        "token.display.show()"
    )
    program = PROGRAM.replace(
        "playing = False\n                audio.stop()\n                BUSY", draw
    )
    program = program.replace("token.keypad.on_press = audio.mute", "")
    emulator = speaking(program)
    start = emulator.elapsed
    emulator.press_key("5")
    emulator.press_key("1")
    emulator.advance(2)
    speaker = emulator.audio(start).speaker
    first = next(n for n, sample in enumerate(speaker) if sample)
    skipped = speaker[first] - 1000
    left = 32_000 - skipped
    assert list(speaker[first : first + left]) == [
        (n + skipped) % 16384 + 1000 for n in range(left)
    ]


def test_a_plug_silences_the_loudspeaker_within_a_buffer_and_pulling_it_all_sound(
    speaking: Token,
) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    emulator.press_key("5")
    emulator.advance(0.2)
    plugged = emulator.elapsed
    emulator.plug_headset()
    emulator.advance(0.3)
    heard = emulator.audio(plugged - 0.1)
    first_silent = next(n for n in range(1600, len(heard.speaker)) if heard.speaker[n] == 0)
    assert not any(heard.speaker[first_silent:])
    assert (first_silent - 1600) / RATE < 0.02
    assert all(heard.headphones[1600:])
    pulled = emulator.elapsed
    emulator.unplug_headset()
    emulator.advance(0.3)
    heard = emulator.audio(pulled)
    assert heard.offset() is None or heard.offset() - pulled < 0.02
    assert not any(heard.speaker)


def test_i2s_shift_shifts_as_in_c(speaking: Token) -> None:
    program = """
import time
from array import array
from machine import I2S
for shift in (-1, -3, 2):
    samples = array("h", [1, -1, 7, -8, 32767, -32768, 16384])
    I2S.shift(buf=samples, bits=16, shift=shift)
    print(list(samples))
time.sleep(100)
"""
    assert said(speaking(program, drivers=False)) == [
        "[0, -1, 3, -4, 16383, -16384, 8192]",
        "[0, -1, 0, -1, 4095, -4096, 2048]",
        "[4, -4, 28, -32, -4, 0, 0]",
    ]


def test_a_key_silences_the_voice_while_the_program_is_busy(speaking: Token) -> None:
    """EN 301 549 5.1.3.5: the key's interrupt mutes the sound before the program handles the
    key."""
    program = PROGRAM.replace(
        "        feed()\n", "        feed()\n        time.sleep_ms(140)\n"
    ).replace("BUSY", "pass")
    emulator = speaking(program)
    for wait in (0.3, 0.33, 0.36, 0.4, 0.44):
        emulator.press_key("5")
        emulator.advance(wait)
        pressed = emulator.elapsed
        assert all(emulator.audio(pressed - 0.01).speaker)
        emulator.key_down("3")
        emulator.advance(0.5)
        assert emulator.audio(pressed).offset() - pressed < 0.02
        emulator.key_up("3")


# Display


PICTURE = Screen(400, 240, bytes(int((x - y % 7) % 7 == 0) for y in range(240) for x in range(400)))


@pytest.mark.parametrize("board", ["pico", "pico2", "esp32_s3"])
def test_a_pattern_is_shown_pixel_by_pixel(speaking: Token, board: str) -> None:
    emulator = speaking(PATTERN.replace("STEPS", ""), board)
    screen, lcd = emulator.screen(), emulator.board.parts["display"]
    assert screen == PICTURE
    assert lcd.faults == []
    assert int(said(emulator)[0]) < 55_000


def test_flipped_and_inverted_it_is_the_same_pattern(speaking: Token) -> None:
    emulator = speaking(PATTERN.replace("STEPS", "display.flip(True); display.invert(True)"))
    assert emulator.screen().rotated().ink_on_paper() == PICTURE


def test_only_bands_of_changed_lines_are_sent(speaking: Token) -> None:
    steps = (
        "display.show(); display.show(); display.canvas.pixel(3, 100, 1); "
        "display.canvas.pixel(3, 101, 1)"
    )
    emulator = speaking(PATTERN.replace("STEPS", steps))
    band = 8 * (1 + 400 // 8 + 1)  # bytes
    assert int(said(emulator)[0]) < 5 * band, "of thirty"


def test_vcom_changes_at_least_once_a_second_while_the_panel_is_on(speaking: Token) -> None:
    emulator = speaking(PATTERN.replace("STEPS", ""))
    emulator.advance(60)
    emulator.unplug()
    emulator.cut_power()
    assert 0 < emulator.board.parts["display"].longest_dc <= 1_000_000


# Keys


def keys(lines: list[str]) -> list[tuple[str, bool]]:
    events = [eval(line[7:]) for line in lines if line.startswith("keypad")]
    return [event[:2] for event in events]


def test_every_key_goes_down_and_up_once_in_spite_of_bouncing(speaking: Token) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    for key in "1234567890*#":
        emulator.press_key(key, 40)
    assert keys(said(emulator)) == [(key, down) for key in "1234567890*#" for down in (True, False)]


def test_two_keys_at_once_and_a_third_that_makes_a_ghost(speaking: Token) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    for key in "124":
        emulator.key_down(key)
        emulator.advance(0.05)
    assert keys(said(emulator)) == [("1", True), ("2", True)]
    emulator.key_up("1")
    assert keys(said(emulator)) == [("1", False), ("4", True)]
    emulator.key_up("2")
    emulator.key_up("4")
    assert keys(said(emulator)) == [("2", False), ("4", False)]


def test_keys_come_through_while_the_program_is_busy(speaking: Token) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "time.sleep_ms(2000)"))
    for key in "1234567":
        emulator.press_key(key, 40)
    emulator.advance(15)
    assert keys(said(emulator)) == [(key, down) for key in "1234567" for down in (True, False)]


@pytest.mark.parametrize("ibuf", [641, 1281, 4097])
@pytest.mark.parametrize(("kind", "channels"), [("MONO", 1), ("STEREO", 2)])
def test_what_the_ring_had_room_for_is_heard_in_order(
    speaking: Token, kind: str, channels: int, ibuf: int
) -> None:
    emulator = speaking(RAMP.replace("CHANNELS", kind).replace("IBUF", str(ibuf)), drivers=False)
    emulator.advance(8)
    taken, room, nothing, asked = " ".join(said(emulator)).split()
    heard = [
        sample for sample in emulator.board.parts["audio"].between(0, 8_000_000, RATE) if sample
    ]
    assert heard == list(range(1, int(taken) + 1, channels))[: len(heard)]
    assert int(taken) > 10_000
    assert 0 <= int(taken) - channels * len(heard) <= ibuf // 2 + 64, (
        "more than ring and DMA hold was lost"
    )
    assert (room, nothing, asked) == ("True", "0", "[]")


def test_no_timer_runs_while_no_key_is_down(speaking: Token) -> None:
    emulator = speaking(PROGRAM.replace("BUSY", "pass"))
    emulator.press_key("1")
    assert emulator.clock.next_alarm is None
    assert emulator.mcu.deadline is None


def test_equal_inputs_give_equal_records(tmp_path: Path) -> None:
    def run(name: str) -> bytes:
        content = image_with_drivers(
            PROGRAM.replace("boards.BOARD", "boards.pico").replace("BUSY", "pass"), "pico"
        )
        with Emulator("kodeoplaeser", "pico", tmp_path / name, image=content) as emulator:
            with (tmp_path / f"{name}.trace").open("wb") as trace:
                emulator.mcu.trace = trace
                emulator.plug()
                emulator.advance(1)
                emulator.press_key("5")
                emulator.plug_headset()
                emulator.press_key("2")
                emulator.advance(1)
            return (tmp_path / f"{name}.trace").read_bytes() + emulator.audio(0).samples.tobytes()

    assert run("a") == run("b")

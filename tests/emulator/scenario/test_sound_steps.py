"""The scenario steps for keys and sound, on a token that beeps."""

import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.keys import RED
from emulator.scenario.recorder import Recorder
from emulator.scenario.runner import ScenarioError, StepError
from emulator.scenario.scenario import parse, play_file
from emulator.session import Emulator
from emulator.sound import Heard
from tests.support.emulated.images import image_with_drivers

# A token that beeps for 600 ms at each key of its keypad, from 100 ms after the press on; the keys
# "#" and red silence it.
BEEPER = """
import select, time
from firmware.boards.pico import BOARD
from firmware.hardware import bring_up
PRODUCT = {"name": "kodeoplaeser",
    "parts": ("latch", "button", "keypad", "audio", "amplifier", "jack"),
    "debounce_ms": 5, "sample_rate": 16000}
token = bring_up(BOARD, PRODUCT)
left = 0
audio = token.audio
def feed():
    global left
    while left > 0 and audio.room():
        for i in range(len(audio.piece)):
            audio.piece[i] = 5000 if 0 < left < 9600 else 0
            left -= 1
        audio.send()
poll = select.poll()
poll.register(token.keypad, select.POLLIN)
poll.register(token.button, select.POLLIN)
token.amplifier.on()
while True:
    feed()
    for part, _ in poll.poll(audio.feed_ms if left > 0 else -1):
        event = part.read()
        if part is token.button or event[0] == "#":
            left = 0
            audio.stop()
        elif event[1]:
            left = 9600 + 1600
            audio.stop()
"""

EVERYTHING = """
press
key 5
expect sound within 300 ms
key red
expect silence within 100 ms
key 4 20 ms
record start heard.wav
expect sound within 300 ms
headset in
key "#"
expect silence within 100 ms
headset out
record stop
key 6 down
key 6 up
keys red+1
key "*" 1 s
expect speech "beep"
"""

Token = Callable[[], Emulator]


@pytest.fixture
def beeper(tmp_path: Path) -> Iterator[Token]:
    with ExitStack() as stack:
        number = iter(range(9))

        def make() -> Emulator:
            content = image_with_drivers(BEEPER, "pico")
            state = tmp_path / f"token{next(number)}"
            return stack.enter_context(Emulator("kodeoplaeser", "pico", state, image=content))

        yield make


def listener(heard: Heard) -> list[str]:
    return ["one", "beep"] if any(heard.samples) else []


def play(emulator: Emulator, folder: Path, text: str) -> None:
    path = folder / "test.scenario"
    path.write_text(text)
    play_file(emulator, path, listener=listener)


def test_every_step_has_its_effect(beeper: Token, tmp_path: Path) -> None:
    play(beeper(), tmp_path, EVERYTHING)
    with wave.open(str(tmp_path / "heard.wav")) as file:
        assert 0.2 < file.getnframes() / file.getframerate() < 2


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("key 5\nexpect sound within 90 ms", "no sound"),
        ("key 5\nwait 200 ms\nexpect silence within 300 ms", "until"),
        ('key 5\nexpect speech "beep one"', "one beep"),
        ('expect speech "beep"', "Nothing is said"),
        ("record stop", "No recording"),
        ("record start a.wav\nrecord start b.wav", "running already"),
    ],
)
def test_an_expectation_that_does_not_hold_says_so(
    beeper: Token, tmp_path: Path, line: str, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint) as error:
        play(beeper(), tmp_path, "press\nwait 1 s\n" + line)
    assert str(error.value).startswith(f"line {2 + len(line.splitlines())}: ")


def test_expecting_speech_needs_a_speech_recogniser(beeper: Token, tmp_path: Path) -> None:
    path = tmp_path / "test.scenario"
    path.write_text('expect speech "one"')
    with pytest.raises(ScenarioError, match="voice pack"):
        play_file(beeper(), path)


@pytest.mark.parametrize(
    "line", ["key", "key A", "key #", "keys 1+2", "headset", "record heard.wav", "expect sound"]
)
def test_an_invalid_step_is_refused(line: str) -> None:
    with pytest.raises(ScenarioError, match="no step"):
        parse(line)


def test_a_token_without_keypad_has_only_the_red_key(tmp_path: Path) -> None:
    content = image_with_drivers("import time\ntime.sleep(100)", "pico")
    with Emulator(state=tmp_path / "fob", image=content) as emulator:
        play(emulator, tmp_path, "key red")
        with pytest.raises(StepError, match="line 1: key 5\n  This product has no keypad"):
            play(emulator, tmp_path, "key 5")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("key 5 2 s", "keypad"),
        ('key "#" down', "keypad"),
        ("keys red+1", "keypad"),
        ("headset in", "headset"),
        ("record start said.wav", "voice"),
        ("record stop", "voice"),
        ("expect sound within 300 ms", "voice"),
        ("expect silence within 300 ms", "voice"),
        ('expect speech "one"', "voice"),
    ],
)
def test_a_step_that_the_product_has_no_part_for_stops_before_the_first(
    tmp_path: Path, line: str, part: str
) -> None:
    content = image_with_drivers("import time\ntime.sleep(100)", "pico")
    (tmp_path / "said.wav").write_text("kept")
    with Emulator(state=tmp_path / "fob", image=content) as emulator:
        with pytest.raises(StepError, match=rf"^line 2: .*\n  This product has no {part}\.$"):
            play(emulator, tmp_path, f"wait 1 s\n{line}")
        assert emulator.elapsed == 0, "nothing was played"
    assert (tmp_path / "said.wav").read_text() == "kept"


def test_a_recording_of_keys_plays_back_the_same_sound(beeper: Token, tmp_path: Path) -> None:
    with beeper() as emulator:
        recorder = Recorder(emulator)
        recorder.key_down(RED)
        recorder.key_up(RED)
        emulator.advance(0.5)
        for key in "5*":
            recorder.key_down(key)
            emulator.advance(0.2)
            recorder.key_up(key)
        recorder.plug_headset()
        emulator.advance(0.1)
        recorder.unplug_headset()
        emulator.advance(1)
        text, first = recorder.text(), emulator.audio(0)
    again = beeper()
    play(again, tmp_path, text)
    assert again.audio(0) == first
    assert any(first.speaker)
    assert any(first.headphones)

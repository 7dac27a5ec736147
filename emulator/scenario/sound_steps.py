"""Scenario steps for keys and sound. A time "within" counts from the user's last action."""

import re
from collections.abc import Callable

from emulator.keys import RED
from emulator.scenario.reasons import UndoableError, UnmetError
from emulator.scenario.runner import FILE, QUOTED, SPAN, TAP_MS, ScenarioRunner, span
from emulator.sound import SILENT, Heard

_RED_KEY, _LABELLED = r"(red)", r'([0-9]|"[*#]")'
_KEY = r'([0-9]|red|"[*#]")'
_SILENCE = 0.2  # seconds without sound that count as silence
_PAUSE = 1.5  # seconds, longer than any pause within an announcement
_LONGEST = 120.0  # seconds of the longest announcement
Step = Callable[[ScenarioRunner], None]


def _name(key: str) -> str:
    return key.strip('"').lower()


def _press(key: str, amount: str | None = None, unit: str | None = None) -> Step:
    ms = float(span(amount, unit) * 1000) if amount and unit else TAP_MS

    def press(runner: ScenarioRunner) -> None:
        runner.check_end(ms / 1000)
        runner.touched()
        runner.emulator.press_key(_name(key), ms)

    return press


def _move(key: str, way: str) -> Step:
    def move(runner: ScenarioRunner) -> None:
        runner.touched()
        (runner.emulator.key_down if way.lower() == "down" else runner.emulator.key_up)(_name(key))

    return move


def _chord(key: str) -> Step:
    """Hold red, tap the other key, release both."""

    def press(runner: ScenarioRunner) -> None:
        runner.touched()
        runner.emulator.key_down(RED)
        runner.emulator.advance(TAP_MS / 1000)
        runner.emulator.press_key(_name(key), TAP_MS)
        runner.emulator.key_up(RED)

    return press


def _headset(way: str) -> Step:
    def move(runner: ScenarioRunner) -> None:
        runner.touched()
        (runner.emulator.plug_headset if way.lower() == "in" else runner.emulator.unplug_headset)()

    return move


def _record(file: str) -> Step:
    def record(runner: ScenarioRunner) -> None:
        try:
            runner.emulator.sound.record(runner.folder / file)
        except ValueError:
            raise UndoableError("recording") from None

    return record


def _stop_recording(runner: ScenarioRunner) -> None:
    try:
        runner.emulator.sound.stop_recording()
    except ValueError:
        raise UndoableError("no-recording") from None


def _loudest(heard: Heard) -> int:
    return max(
        (abs(sample) for output in (heard.speaker, heard.headphones) for sample in output),
        default=0,
    )


def _expect_silence(amount: str, unit: str) -> Step:
    within = float(span(amount, unit))

    def expect(runner: ScenarioRunner) -> None:
        emulator, start = runner.emulator, runner.touched_at + within
        emulator.advance(max(0.0, start + _SILENCE - emulator.elapsed))
        heard = emulator.audio(start)
        if _loudest(heard) > SILENT:
            late = 1000 * ((heard.offset() or start) - runner.touched_at)
            raise UnmetError("sound-until", late=round(late))

    return expect


def _expect_sound(amount: str, unit: str) -> Step:
    within = float(span(amount, unit))

    def expect(runner: ScenarioRunner) -> None:
        emulator, end = runner.emulator, runner.touched_at + within
        emulator.advance(max(0.0, end - emulator.elapsed))
        if _loudest(emulator.audio(runner.touched_at, end)) <= SILENT:
            raise UnmetError("no-sound")

    return expect


def _expect_speech(quoted: str) -> Step:
    wanted = re.sub(r"\\(.)", r"\1", quoted).split()

    def expect(runner: ScenarioRunner) -> None:
        if runner.listener is None:
            raise UndoableError("no-listener")
        _wait_for_silence(runner)
        said = runner.listener(runner.emulator.audio(runner.touched_at))
        if not any(said[at : at + len(wanted)] == wanted for at in range(len(said))):
            raise UnmetError("said", said=" ".join(said)) if said else UnmetError("nothing-said")

    return expect


def _wait_for_silence(runner: ScenarioRunner) -> None:
    """Let time pass until the announcement has ended."""
    emulator, start = runner.emulator, runner.emulator.elapsed
    emulator.advance(max(0.0, runner.touched_at + _PAUSE - start))
    while (
        _loudest(emulator.audio(emulator.elapsed - _PAUSE)) > SILENT
        and emulator.elapsed - start < _LONGEST
    ):
        emulator.advance(_PAUSE / 2)


def _key_steps(key: str, part: str) -> tuple[tuple[str, Callable[..., Step], str], ...]:
    return (
        (r"key\s+" + key, _press, part),
        (r"key\s+" + key + r"\s+" + SPAN, _press, part),
        (r"key\s+" + key + r"\s+(down|up)", _move, part),
    )


# Pattern, what makes the step, and the token's part that it is about.
STEPS: tuple[tuple[str, Callable[..., Step], str], ...] = (
    *_key_steps(_RED_KEY, "button"),
    *_key_steps(_LABELLED, "keypad"),
    (r"keys\s+red\s*\+\s*" + _KEY, _chord, "keypad"),
    (r"headset\s+(in|out)", _headset, "jack"),
    (r"record\s+start\s+" + FILE, _record, "audio"),
    (r"record\s+stop", lambda: _stop_recording, "audio"),
    (r"expect\s+silence\s+within\s+" + SPAN, _expect_silence, "audio"),
    (r"expect\s+sound\s+within\s+" + SPAN, _expect_sound, "audio"),
    (r"expect\s+speech\s+" + QUOTED, _expect_speech, "audio"),
)

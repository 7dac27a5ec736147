"""Codes for fingers: what the motor's waveform says, read by a reader of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.cli.output import localized
from host_tools.desktop import terminal
from host_tools.desktop.captions import Captions
from tests.support.emulated.fingers import felt, pulses
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.provisioned import Provisioned, with_account
from tests.support.emulated.token import START, digits, hotp

PULSES, MORSE = 1, 2


@pytest.fixture
def counting(provisioned: Provisioned, tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a kodeoplæser whose codes do not expire, with vibration on."""
    with provisioned.token(
        "a counting account", lambda token: with_account(token, hotp()), tmp_path / "token"
    ) as token:
        yield feeling(token)


def feeling(token: SpeakingToken, code: int = PULSES, **settings: int) -> SpeakingToken:
    """Have the token's codes felt, and turn it off."""
    token.connect().write_settings({"vibration": code, **settings})
    token.emulator.unplug()
    token.emulator.set_time(START + 7200)
    token.emulator.advance(1)
    return token


def shown(token: SpeakingToken) -> str:
    """Give the code on the display."""
    return digits(token.emulator.screen_text()[1:2])


@pytest.mark.clause("vibration: digits")
@pytest.mark.parametrize("speed", [1, 3, 5])
@pytest.mark.parametrize("code", [PULSES, MORSE])
def test_a_code_is_felt_in_groups_of_three_and_not_heard(
    token: SpeakingToken, code: int, speed: int
):
    feeling(token, code, speed=speed)
    pressed = token.tap("red")
    number = shown(token)
    assert felt(token, pressed, code == MORSE).groups == [number[:3], number[3:]]
    assert not any(token.emulator.audio(pressed).samples)


@pytest.mark.clause("vibration: digits")
def test_every_digit_is_as_many_pulses_and_0_a_long_one(token: SpeakingToken):
    """Practice codes are drawn until all digits have come."""
    feeling(token)
    token.tap("red")
    seen: set[str] = set()
    for _ in range(20):
        token.function("*")
        at = token.emulator.elapsed
        assert felt(token, at - 0.1).groups
        number = shown(token)
        token.chord("2")
        pulses(token, at)
        for digit in number:
            assert felt(token, token.tap("6")).groups == [digit]
        seen |= set(number)
        if len(seen) == 10:
            return
    pytest.fail(f"only {sorted(seen)} came")


@pytest.mark.clause("vibration: own pace")
def test_own_pace_is_felt_key_by_key_and_marks_the_digit(counting: SpeakingToken):
    token = counting
    pulses(token, token.tap("red"))
    number = shown(token)
    pulses(token, token.chord("2"))
    plain = token.emulator.screen()
    for digit in number:
        assert felt(token, token.tap("6")).groups == [digit]
        assert token.emulator.screen() != plain
    assert felt(token, token.tap("6")).signs == ["touch"]  # the end
    assert "".join(felt(token, token.tap("5")).groups) == number[3:]
    assert felt(token, token.tap("4")).groups == [number[4]]
    assert felt(token, token.tap("#")).groups == [number[4]]


@pytest.mark.clause("vibration: check-back")
def test_check_back_is_felt(counting: SpeakingToken):
    """Each digit that is typed comes back; then yes, or the wrong places and no."""
    token = counting
    pulses(token, token.tap("red"))
    number = shown(token)
    for digit in number[:-1]:
        assert felt(token, token.tap(digit)).groups == [digit]
    answer = felt(token, token.tap(number[-1]))
    assert answer == ([number[-1]], ["yes"])
    wrong = str((int(number[1]) + 1) % 10)
    for digit in (number[0], wrong, *number[2:-1]):
        pulses(token, token.tap(digit))
    answer = felt(token, token.tap(number[-1]))
    assert "".join(answer.groups) == number[-1] + "2"
    assert answer.signs == ["no"]


@pytest.mark.clause("vibration: check-back")
def test_a_code_that_has_expired_is_felt_to_be_so(token: SpeakingToken):
    feeling(token)
    pressed = token.tap("red")
    assert felt(token, pressed).signs == []
    token.emulator.advance(30)
    assert "no" in felt(token, pressed).signs


@pytest.mark.clause("vibration: digits")
def test_a_headset_speaks_all_the_same(token: SpeakingToken):
    feeling(token)
    token.emulator.plug_headset()
    token.emulator.advance(0.5)
    pressed = token.tap("red")
    number = shown(token)
    assert token.clips_until_quiet(pressed)[-6:] == list(number)
    assert pulses(token, pressed) == []


@pytest.mark.clause("vibration: setting")
def test_vibration_is_switched_on_and_off_by_ear_and_by_touch(token: SpeakingToken):
    token.clips_until_quiet(token.tap("red"))
    assert token.clips_until_quiet(token.chord("5"))[-5:-3] == ["vibration", "0"]
    assert token.clips_until_quiet(token.tap("7")) == ["vibration", "0", "1", "down", "3", "up"]
    pressed = token.tap("3")
    # The setting, and the two keys that change it.
    assert "".join(felt(token, pressed).groups) == "1" + "1" + "3"
    assert not any(token.emulator.audio(pressed).samples)
    pressed = token.tap("3")
    assert "".join(felt(token, pressed, morse=True).groups) == "2" + "1" + "3"
    token.tap("1")
    pressed = token.tap("1")
    assert token.clips_until_quiet(pressed)[:2] == ["vibration", "0"]
    assert pulses(token, pressed) == []


@pytest.mark.clause("vibration: setting")
def test_the_motor_stops_within_100_ms_of_a_key(token: SpeakingToken):
    """At the slowest speed a pulse lasts 180 ms; the red key comes early in one, and is held."""
    feeling(token, speed=1)
    emulator = token.emulator
    token.tap("red")
    emulator.advance(2)
    assert emulator.run_until(lambda: not strong(token), 1)
    assert emulator.run_until(lambda: strong(token), 3)
    pressed = emulator.elapsed
    emulator.key_down("red")
    emulator.advance(0.13)
    assert max(emulator.vibration(pressed + 0.1)) < 0.2
    emulator.key_up("red")


def strong(token: SpeakingToken) -> bool:
    """Say whether the motor is up to speed, half of it at least."""
    return token.emulator.vibration(token.emulator.elapsed - 0.002)[-1] >= 0.5


@pytest.mark.clause("vibration: setting")
def test_a_token_without_a_motor_offers_no_vibration_and_speaks(
    speaking_image: bytes, token: SpeakingToken
):
    """The setting may be on, as when the token was made for somebody else."""
    feeling(token)
    folder = token.emulator.directory
    token.emulator.close()
    with Emulator("kodeoplaeser", "pico2", folder, time=START + 8000) as emulator:
        emulator.board.parts["vibration"].remove()
        bare = SpeakingToken(emulator)
        heard = bare.clips_until_quiet(bare.tap("red"))
        assert heard[-6:] == list(shown(bare))
        assert "vibration" not in bare.clips_until_quiet(bare.chord("5"))
        assert bare.clips_until_quiet(bare.tap("7"))[:1] == ["no_function"]


def test_the_views_of_a_terminal_have_a_line_of_what_was_felt(token: SpeakingToken):
    feeling(token)
    lines: list[str] = []
    captions = Captions(token.emulator, ["da", "en"], aloud=False)
    plain = terminal.PlainView(token.emulator, captions, lines.append)
    pressed = token.tap("red")
    number = shown(token)
    groups = felt(token, pressed).groups
    plain.update()
    below = captions.lines()
    captions.close()
    in_pulses = [" ".join("·" * int(digit) or "—" for digit in group) for group in groups]
    assert "".join(groups) == number
    for view in (lines, below):
        assert any(" | ".join(in_pulses) in localized(line) for line in view), view

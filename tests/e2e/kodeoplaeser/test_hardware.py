"""The kodeoplæser's flash, keys, headset and display during speech."""

import pytest

from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import digits


@pytest.mark.parametrize("moved", ["keys", "red", "headset", "all"])
def test_no_interrupt_handler_uses_the_flash_during_a_file_operation(
    token: SpeakingToken, moved: str
):
    """The emulator runs handlers during file operations, as a board does, and reports a handler
    that uses the flash."""
    parts, operations = token.emulator.board.parts, token.emulator.flash.operations
    token.clips_until_quiet(token.tap("red"))
    for key in "369":
        token.chord(key)
    token.until_quiet()  # then the settings are saved
    saved = token.emulator.flash.operations - operations
    assert saved > 0
    moves = 0
    spend = token.emulator.flash.spend

    def press_keys(us: int) -> bool:
        nonlocal moves
        moves += 1
        down = moves % 2 == 1
        if moved in ("keys", "all"):
            (parts["keypad"].press if down else parts["keypad"].release)("5")
        if moved in ("red", "all"):
            (parts["button"].press if down else parts["button"].release)()
        if moved in ("headset", "all"):
            (parts["jack"].plug if down else parts["jack"].unplug)()
        return spend(us)

    token.emulator.flash.spend = press_keys
    for key in "147":
        token.emulator.flash.spend = spend
        token.chord(key)
        token.emulator.flash.spend = press_keys
        token.emulator.advance(4)
    assert moves >= 3
    token.emulator.flash.spend = spend
    for part in ("button", "jack"):
        (parts[part].release if part == "button" else parts[part].unplug)()
    parts["keypad"].release("5")
    token.until_quiet()
    token.emulator.advance(70)
    assert not token.emulator.powered, "it is well, and off by itself"
    assert "code" in token.clips_until_quiet(token.tap("red"))


def test_speech_stops_before_the_host_writes_the_flash_and_the_code_can_be_repeated(
    token: SpeakingToken,
):
    """A flash erase stops the processor for longer than the sound sent ahead lasts."""
    session = token.connect()
    token.tap("red")
    token.emulator.advance(2)
    code, spend, written = digits(token.emulator.screen_text()), token.emulator.flash.spend, []

    def write(us: int) -> bool:
        written.append(token.emulator.elapsed)
        return spend(us)

    token.emulator.flash.spend = write
    asked = token.emulator.elapsed
    session.write_settings({"volume": 7})
    token.emulator.advance(3)
    assert written, "it is in the flash"
    assert (token.emulator.audio(asked).offset() or asked) <= written[0]
    assert digits(token.emulator.screen_text()) == code
    said = token.clips_until_quiet(token.chord("0"))
    assert [word for word in said if word.isdigit()][: len(code)] == list(code)


def test_a_handshake_stops_the_speech_within_100_ms(token: SpeakingToken):
    token.connect()
    token.clips_until_quiet(token.tap("red"))
    token.emulator.advance(62)
    token.tap("red")
    token.emulator.advance(1)
    asked = token.emulator.elapsed
    token.connect()
    token.emulator.advance(2)
    assert (token.emulator.audio(asked).offset() or asked) - asked < 0.1


@pytest.mark.clause("headset: in")
@pytest.mark.parametrize("at", [0.31, 0.6, 1.07, 1.9, 2.73])
def test_headset_in_mutes_the_loudspeaker_at_once_and_speech_continues_in_the_headset(
    token: SpeakingToken, at: float
):
    pressed = token.tap("red")
    token.emulator.advance(pressed + at - token.emulator.elapsed)
    moment = token.emulator.elapsed
    token.emulator.plug_headset()
    token.until_quiet()
    heard = token.emulator.audio(moment)
    last = max((n for n, sample in enumerate(heard.speaker) if sample), default=0)
    assert last / heard.rate <= 0.02
    assert any(heard.headphones[int(0.1 * heard.rate) :])


@pytest.mark.clause("headset: out")
@pytest.mark.parametrize("at", [0.31, 0.6, 1.07, 1.9, 2.73])
def test_headset_out_while_speaking_stops_the_speech_at_once(token: SpeakingToken, at: float):
    token.emulator.plug_headset()
    token.emulator.advance(0.1)
    pressed = token.tap("red")
    token.emulator.advance(pressed + at - token.emulator.elapsed)
    assert any(token.emulator.audio(pressed).headphones) == (at > 0.2)
    moment = token.emulator.elapsed
    token.emulator.unplug_headset()
    token.emulator.advance(0.5)
    token.emulator.plug_headset()  # not even for one who puts it in again does it go on
    token.emulator.advance(5)
    heard = token.emulator.audio(moment)
    assert not any(heard.speaker)
    assert not any(heard.headphones[int(0.02 * heard.rate) :])


@pytest.mark.clause("headset: in")
def test_with_a_headset_in_from_the_start_the_loudspeaker_never_sounds(token: SpeakingToken):
    token.emulator.plug_headset()
    pressed = token.tap("red")
    token.until_quiet()
    heard = token.emulator.audio(pressed)
    assert not any(heard.speaker)
    assert any(heard.headphones)


@pytest.mark.clause("keys: own pace")
def test_the_marked_digit_is_the_spoken_one(token: SpeakingToken):
    """Sound is sent a quarter of a second ahead; the mark follows what is heard."""
    token.tap("red")
    shown = digits(token.emulator.screen_text()[1:2])
    token.clips_until_quiet(token.chord("2"))
    for _ in range(3):
        token.clips_until_quiet(token.tap("6"))
    moment = token.tap("5")  # the last three once more
    pictures = []
    end = token.emulator.elapsed + 4
    while token.emulator.elapsed < end:
        picture = token.emulator.screen().data
        if not pictures or pictures[-1][1] != picture:
            pictures.append((token.emulator.elapsed, picture))
        token.emulator.advance(0.01)
    spoken = token.clips(moment)
    assert [clip.name for clip in spoken] == list(shown[:3])
    changes = [at for at, _ in pictures[1:]][-2:]
    assert len(changes) == 2, "the mark moves twice"
    for clip, change in zip(spoken[1:], changes, strict=True):
        assert -0.02 <= change - clip.start <= 0.2

"""What fingers feel, as lines of text in the terminal's views."""

from emulator.chips.vibration import RATE
from host_tools.desktop.felt import as_text


def test_pulses_are_dots_and_dashes_with_a_space_between_digits_and_a_bar_between_groups():
    def wave(*milliseconds: int) -> list[bool]:
        turns = [place % 2 == 0 for place in range(len(milliseconds))]
        return [
            on
            for on, each in zip(turns, milliseconds, strict=True)
            for _ in range(each * RATE // 1000)
        ]

    assert as_text(wave(120, 120, 120, 600, 720, 1440, 120, 300)) == "·· — | ·"
    assert as_text(wave(80, 80, 480, 400, 80)) == "·— ·"

"""What terminals answer when they are asked whether they show pictures."""

import pytest

from emulator.views.graphics import Graphics
from host_tools.desktop.terminal_query import QUERY, ask, without_sequences

KITTY, CELL = b"\x1b_Gi=31;OK\x1b\\", b"\x1b[6;18;9t"
SIXEL, PLAIN = b"\x1b[?62;4;22c", b"\x1b[?6c"


@pytest.mark.parametrize(
    ("pieces", "graphics", "typed"),
    [
        ([KITTY + CELL + PLAIN], Graphics("kitty", 9, 18), b""),
        ([KITTY, CELL, SIXEL], Graphics("kitty", 9, 18), b""),
        ([CELL + SIXEL], Graphics("sixel", 9, 18), b""),
        ([b"1" + CELL[:3], CELL[3:] + b"2\x1b[?62;", b"4c3"], Graphics("sixel", 9, 18), b"123"),
        ([CELL + PLAIN], None, b""),
        ([b"\x1b[?44;14c" + CELL], None, b""),
        ([SIXEL], None, b""),  # no word on the size of its characters
        ([b"\x1b[6;0;0t" + SIXEL], None, b""),
        ([b"q", b""], None, b"q"),  # it does not answer
    ],
)
def test_the_answers_are_read_and_what_was_typed_is_kept(
    pieces: list[bytes], graphics: Graphics | None, typed: bytes
) -> None:
    asked: list[str] = []
    coming = iter(pieces)
    assert ask(asked.append, lambda seconds: next(coming)) == (graphics, typed)
    assert asked == [QUERY]
    assert QUERY.endswith("\x1b[c"), "which every terminal answers"


def test_no_answer_that_comes_late_and_no_arrow_is_a_key() -> None:
    late = b"5" + KITTY + CELL + SIXEL + b"#\x1b[A\x1b[1;5C7"
    assert without_sequences(late) == b"5#7"

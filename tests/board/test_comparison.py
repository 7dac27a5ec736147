"""What counts as the same on the board and in the emulator."""

from tests.board.comparison import compare
from tests.board.run_through import Shown

A, B, BAR, TWO = bytes(16), b"\1" + bytes(15), b"\0\0\0\1" * 2 + bytes(8), b"\0\0\1\1" + bytes(12)
WORD = [500, -500] * 300


def compared(board: list[bytes], emulator: list[bytes]):
    return compare(Shown(board, [], 0), Shown(emulator, [], 0), 4)


def heard(board: list[int], emulator: list[int]):
    return compare(Shown([B], board, 0), Shown([B], emulator, 0), 4)


def test_equal_frames_and_samples_are_good():
    result = compare(Shown([A, B], WORD, 0), Shown([A, B], WORD, 0), 4)
    assert (result.good, result.same_frames, result.samples, result.stall) == (True, 2, 600, 0)


def test_a_column_apart_is_the_bar_and_counted():
    result = compared([A, A], [A, BAR])
    assert (result.good, result.same_frames, result.bar_apart) == (True, 1, 1)


def test_another_frame_is_found():
    assert not compared([A, TWO], [A, A]).good


def test_a_frame_more_at_the_end_is_a_matter_of_time_and_two_are_not():
    assert compared([A, B], [A]).good
    assert not compared([A, B, A], [A]).good


def test_nothing_shown_is_not_good():
    assert not compared([], []).good


def test_silence_that_only_the_board_has_is_a_stall():
    result = heard(WORD[:300] + [0] * 1600 + WORD[300:], WORD)
    assert (result.good, result.stall) == (True, 100)


def test_other_samples_are_found():
    assert not heard(WORD, [*WORD[:-1], 7]).good
    assert not heard(WORD[:-1], WORD).good

"""The heap in an RP2040's memory."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.board.heap import RAM, largest_free_block

SIZE = 264 * 1024
TABLE, STATE = 0x4000, 0x2000  # offsets of the table, and of where it is told


def memory(kinds: list[int], gap: int) -> bytes:
    """Give a memory whose heap has blocks of these kinds, four for each byte of its table."""
    size = len(kinds) // 4
    ram = bytearray(b"\x55" * SIZE)
    for number in range(size):
        ram[TABLE + number] = sum(kinds[4 * number + at] << 2 * at for at in range(4))
    second = TABLE + size + gap
    end = SIZE - 32
    places = RAM + TABLE, size, RAM + second, RAM + end - 64 * size, RAM + end
    struct.pack_into("<5I", ram, STATE, *places)
    return bytes(ram)


@given(
    st.lists(st.integers(0, 3), min_size=64, max_size=400),
    st.integers(0, 1),
)
def test_the_largest_free_block_is_the_longest_run_of_free_ones(kinds: list[int], gap: int) -> None:
    kinds = kinds[: len(kinds) // 4 * 4]
    longest = run = 0
    for kind in kinds:
        run = 0 if kind else run + 1
        longest = max(longest, run)
    assert largest_free_block(memory(kinds, gap)) == 16 * longest


def test_a_memory_without_a_heap_is_refused() -> None:
    with pytest.raises(ValueError, match="no heap"):
        largest_free_block(bytes(SIZE))

"""Finds MicroPython's heap in an RP2040's memory (py/gc.c) and looks at it. Sizes are bytes."""

import re

RAM = 0x20000000  # its address
_BLOCK = 16
_BLOCKS = [bytes(kinds >> shift & 3 for shift in (0, 2, 4, 6)) for kinds in range(256)]
_GAP = 4  # at most, between the two tables


def largest_free_block(ram: bytes) -> int:
    """Give the size of the largest free block, as the memory is. ValueError when there is no heap.

    The heap is a table with two bits for each block, 0 for a free one, a table of those that have
    finalisers, and the blocks. mp_state_mem_area_t has start and length of the first table, start
    of the second one, start and end of the blocks, and the tables' lengths belong to the blocks'.
    """
    words = memoryview(ram).cast("I")
    for table, size, second, start, end in zip(*(words[at:] for at in range(5)), strict=False):
        if (
            RAM < table < second < start < end <= RAM + len(ram)
            and 0 <= second - table - size <= _GAP
            and end - start == 4 * _BLOCK * size
        ):
            kinds = b"".join(_BLOCKS[byte] for byte in ram[table - RAM : table - RAM + size])
            return _BLOCK * max(map(len, re.findall(rb"\0+", kinds)), default=0)
    raise ValueError("There is no heap of MicroPython in this memory.")

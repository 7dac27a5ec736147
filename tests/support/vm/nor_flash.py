"""A NOR flash in memory as a MicroPython block device, which can lose power at a chosen operation.
Sizes in bytes.

Rules of the real chip (W25Q16JV data sheet, section 8.2): a program only clears bits, an erase sets
a whole block. An operation is one program or one erase.
"""

BLOCK = 4096
BLOCKS = 16


def memory() -> list:
    """Make a chip's erased content: one bytearray for each block, because a heap in use has no free
    64 KB in one piece."""
    return [bytearray(b"\xff" * BLOCK) for _ in range(BLOCKS)]


def copy(source: list, target: list):
    """Make the content of `target` that of `source`."""
    for old, new in zip(target, source):  # noqa: B905 - MicroPython's zip has no strict
        old[:] = new


class NorFlash:
    """The chip from one power-on to the next power-off."""

    def __init__(self, memory: list, discarded: list):
        """Power on with `memory`, which outlives this object.

        At the cut nothing is raised: littlefs would be left with open files, which cause failures
        when they are collected. The firmware goes on with a copy of the memory in `discarded`,
        which nothing reads afterwards.
        """
        self._memory = memory
        self._discarded = discarded
        self.operations = 0
        self.programs = 0
        self.erases = 0
        self.stop_at = None
        self.mode = ""
        self.off = False

    def arm(self, operation: int, mode: str):
        """Lose power at that operation from now, counted from 0: "before" it, half through ("torn")
        or "after"."""
        self.stop_at = self.operations + operation
        self.mode = mode

    def cut_power(self):
        """Lose power now."""
        if not self.off:
            copy(self._memory, self._discarded)
            self._memory = self._discarded
            self.off = True

    def readblocks(self, block: int, buffer, offset: int = 0):
        """Read into the buffer."""
        buffer[:] = self._memory[block][offset : offset + len(buffer)]

    def writeblocks(self, block: int, buffer, offset: int = 0):
        """Program erased bytes."""
        old = int.from_bytes(self._memory[block][offset : offset + len(buffer)], "big")
        if ~old & int.from_bytes(buffer, "big"):
            raise AssertionError("a program would have to set bits")
        self.programs += 1
        self._change(block, offset, bytes(buffer))

    def ioctl(self, operation: int, argument: int):
        """Answer the calls of a block device: 4 blocks, 5 block size, 6 erase."""
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK
        if operation == 6:
            self.erases += 1
            self._change(argument, 0, b"\xff" * BLOCK)
        return 0

    def _change(self, block: int, start: int, data: bytes):
        if self.operations == self.stop_at and not self.off:
            done = {"before": 0, "torn": len(data) // 2, "after": len(data)}[self.mode]
            copy(self._memory, self._discarded)
            self._memory[block][start : start + done] = data[:done]
            self._memory = self._discarded
            self.off = True
        self._memory[block][start : start + len(data)] = data
        self.operations += 1

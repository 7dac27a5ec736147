"""NOR flash: programming clears bits, erasing sets a block; wear, and power cuts at any operation.

The content is a plain file, which the VM reads directly. Times are those of the W25Q16JV on a Pico
(data sheet, AC characteristics, typical): sector erase 45 ms, page program 0.4 ms. One operation is
one page program or one erase.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from emulator.errors import FlashFailureError, FlashRuleError

PAGE = 256  # bytes
PROGRAM_US = 400
ERASE_US = 45_000
CUT_MODES = ("before", "torn", "after")


class Flash:
    """Flash of `size` bytes in blocks of `block` bytes.

    `on_cut()` is called when the operation of `cut_at` is reached; `spend(microseconds)` lets time
    pass and tells whether there is still power.
    """

    def __init__(
        self, path: Path, size: int, block: int, seed: int, image: bytes | None = None
    ) -> None:
        """Open the file, or make it from `image`, the rest erased. ValueError for a wrong size."""
        self.size, self.block = size, block
        self.operations = 0
        self.failing = False  # whether programming and erasing end in FlashFailureError
        self._failures: tuple[range, bool] = range(0), False  # numbers of operations, silently
        self._untaken: set[int] = set()  # blocks that did not take an operation: bits may be lost
        self.wear = [0] * (size // block)
        self.on_cut: Callable[[], None] = lambda: None
        self.spend: Callable[[int], bool] = lambda us: True
        self.seed = seed
        self._cut: tuple[int, str] | None = None
        if image is not None or not path.exists():
            content = image or b""
            if len(content) > size:
                raise ValueError(
                    f"The image has {len(content)} bytes, the file system of the board only {size}."
                )
            # For its owner alone: it holds the token's sealed secrets, and the key is beside it.
            path.touch(0o600)
            path.write_bytes(content + b"\xff" * (size - len(content)))
        elif path.stat().st_size != size:
            raise ValueError(
                f"{path} has {path.stat().st_size} bytes, the file system of the board {size}."
            )
        self._file = os.open(path, os.O_RDWR)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def read(self, address: int, count: int) -> bytes:
        """Give `count` bytes from `address`."""
        return os.pread(self._file, count, address)

    def replace(self, content: bytes) -> None:
        """Put other content in place of all that is there, which no wear counts."""
        self._check(0, len(content))
        os.pwrite(self._file, content, 0)

    def cut_at(self, operation: int, mode: str) -> None:
        """Cut power at the `operation`-th operation from now (1: the next), in one of CUT_MODES."""
        if mode not in CUT_MODES:
            raise ValueError(f"A power cut comes {', '.join(CUT_MODES)}, not {mode!r}.")
        if operation < 1:
            raise ValueError("Operations are counted from 1, the next one.")
        self._cut = self.operations + operation, mode

    @property
    def operations_to_cut(self) -> int | None:
        """The operations until the one at which power is cut (1: the next), None: at none."""
        return None if self._cut is None else self._cut[0] - self.operations

    def fail(self, operation: int, count: int, silently: bool = False) -> None:
        """Have `count` operations fail, from the `operation`-th from now on (1: the next): with
        FlashFailureError, or silently, as worn-out cells do, which keep what they held."""
        first = self.operations + operation
        self._failures = range(first, first + count), silently

    def cancel_cut(self) -> None:
        """Cancel a power cut that has not been reached."""
        self._cut = None

    def program(self, address: int, data: bytes) -> None:
        """Program `data` by pages; FlashRuleError when a bit would be set, or out of range."""
        self._check(address, len(data))
        while data:
            count = PAGE - address % PAGE
            page, data = data[:count], data[count:]
            old = self.read(address, len(page))
            if address // self.block in self._untaken:
                page = bytes(new & was for new, was in zip(page, old, strict=True))
            if any(new & ~was for new, was in zip(page, old, strict=True)):
                raise FlashRuleError(
                    f"Programming at {address:#x} would set bits: the block was not erased first."
                )
            if not self._operate(address, old, page, PROGRAM_US):
                return
            address += len(page)

    def erase(self, address: int) -> None:
        """Erase the block that starts at `address`."""
        self._check(address, self.block)
        if address % self.block:
            raise FlashRuleError(f"Erasing at {address:#x}: not the start of a block.")
        self.wear[address // self.block] += 1
        self._operate(address, self.read(address, self.block), b"\xff" * self.block, ERASE_US)

    def _check(self, address: int, count: int) -> None:
        if not 0 <= address <= self.size - count:
            raise FlashRuleError(
                f"{count} bytes at {address:#x} are outside of the {self.size} bytes of flash."
            )

    def _operate(self, address: int, old: bytes, new: bytes, duration: int) -> bool:
        """Do one operation; False when power failed at it."""
        if self.failing:
            raise FlashFailureError("The flash is made to fail.")
        self.operations += 1
        failures, silently = self._failures
        if self.operations in failures:
            self._untaken.add(address // self.block)
            if silently:
                return self.spend(duration)
            raise FlashFailureError("The flash is made to fail.")
        if len(new) == self.block:
            self._untaken.discard(address // self.block)
        mode = self._cut[1] if self._cut and self._cut[0] == self.operations else None
        if mode == "torn":
            os.pwrite(self._file, self._torn(old, new), address)
        elif mode != "before":
            os.pwrite(self._file, new, address)
        powered = self.spend(duration)
        if mode is None:
            return powered
        self._cut = None
        self.on_cut()
        return False

    def _torn(self, old: bytes, new: bytes) -> bytes:
        """Give `old` with a random part of the changes, which depends on seed and operation."""
        random = Random(self.seed * 1_000_003 + self.operations)  # noqa: S311
        changed = bytes(random.getrandbits(8) & random.getrandbits(8) for _ in old)
        return bytes(
            was ^ ((was ^ will) & mask) for was, will, mask in zip(old, new, changed, strict=True)
        )

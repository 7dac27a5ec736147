"""SHARP memory LCD LS027B7DH01, 400 x 240, on SPI. Source: data sheet, "Serial interface", "Timing
chart".

A transfer lasts while SCS is high and begins with eight mode bits: M0 write, M1 VCOM, M2 clear.
Then come lines, each an address (1 is the top one) and its pixels, first bit first, 1 is white.
Eight clocks after a line move it into the memory, sixteen after the last one. VCOM comes from M1
(EXTMODE low). With DISP low all is white, the memory is kept.
"""
# ruff: noqa: PLR2004 - bytes before and after the lines

from typing import Any

WRITE, VCOM, CLEAR = 0x80, 0x40, 0x20
MAX_HERTZ = 2_000_000
_TURNED = [int(f"{number:08b}"[::-1], 2) for number in range(256)]


class SharpLcd:
    """`pixels()` gives what is visible; `faults` lists uses that the data sheet forbids."""

    colours = ((24, 26, 28), (203, 208, 200))  # ink and paper, red green blue

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """`part` holds the panel's "width" and "height" and its pins "select" and "enable"."""
        self.width, self.height = part["width"], part["height"]
        self._board, self._part = board, part
        self._random = board.random("sharp_lcd")
        self.faults: list[str] = []
        self.written = 0  # lines so far
        self.longest_dc = 0  # longest time without a change of VCOM while on, microseconds
        self._powered = False
        self._reset()
        board.pins.watch(part["select"], self._selected, passive=True)
        board.pins.watch(part["enable"], self._enabled, passive=True)

    def mcu_power(self, on: bool) -> None:
        """Switch the supply; afterwards the memory holds noise."""
        self._note_dc()
        self._powered = on
        if on:
            self._reset()

    def _reset(self) -> None:
        self.memory = [
            bytearray(self._random.randbytes(self.width // 8)) for _ in range(self.height)
        ]  # 1 is white
        self._visible: bytes | None = None  # what the memory shows, once it was asked for
        self.on = False
        self._vcom = 0
        self._alternated = 0  # when VCOM last changed, or the panel went on
        self._transfer: bytearray | None = None
        self._taken = 1  # bytes of it that are dealt with: its mode bits, then lines

    def _enabled(self, level: int) -> None:
        self._note_dc()
        self.on = bool(level)
        self._alternated = self._board.clock.now

    def _note_dc(self) -> None:
        if self.on and self._powered:
            self.longest_dc = max(self.longest_dc, self._board.clock.now - self._alternated)

    def _selected(self, level: int) -> None:
        if level:
            self._transfer, self._taken = bytearray(), 1
        elif self._transfer is not None:
            self._end(self._transfer)
            self._transfer = None

    def spi_write(self, data: bytes, mode: int, hertz: int) -> None:
        """Take bytes, highest bit first; ignored while SCS is low."""
        if self._transfer is None:
            return
        if mode != 0:
            self._fault(f"SPI mode {mode}, it takes 0")
        if hertz > MAX_HERTZ:
            self._fault(f"{hertz} Hz, it takes {MAX_HERTZ}")
        line = self.width // 8 + 2  # address, pixels, eight clocks
        self._transfer += data
        # One line is in the memory when the next byte after its eight clocks has come.
        while self._transfer[0] & WRITE and len(self._transfer) >= self._taken + line + 1:
            self._line(self._transfer[self._taken : self._taken + line])
            self._taken += line

    def _line(self, line: bytearray) -> None:
        number = _TURNED[line[0]]
        if 1 <= number <= self.height:
            self.memory[number - 1][:] = line[1:-1]
            self.written += 1
            self._visible = None
        else:
            self._fault(f"line {number}")

    def _end(self, transfer: bytearray) -> None:
        if len(transfer) < 2:
            self._fault("a transfer without its trailing clocks")
            return
        mode = transfer[0]
        if mode & CLEAR:
            for row in self.memory:
                row[:] = b"\xff" * len(row)
            self._visible = None
        elif mode & WRITE and (len(transfer) - 2) % (self.width // 8 + 2) != 0:
            self._fault("lines cut short, or without the sixteen clocks after the last one")
        if mode & VCOM != self._vcom:
            self._note_dc()
            self._vcom, self._alternated = mode & VCOM, self._board.clock.now

    def _fault(self, what: str) -> None:
        self.faults.append(what)

    def pixels(self) -> bytes:
        """Give what is visible: width x height bytes by rows from the top left, 1 is black."""
        if not (self.on and self._powered):
            return bytes(self.width * self.height)
        if self._visible is None:
            white = int.from_bytes(b"".join(self.memory), "big")
            bits = f"{white:0{self.width * self.height}b}"
            self._visible = bits.encode().translate(_BLACK)
        return self._visible


_BLACK = bytes.maketrans(b"01", b"\1\0")
CHIP = SharpLcd

"""SSD1306 OLED controller on I2C, with the panel it drives. Source: Solomon Systech SSD1306 data
sheet, rev 1.1.

The panel is wired as on the usual 128x64 modules: COM pins in the alternative arrangement, and
mounted so that a picture written with segment remap (A1) and remapped COM scan (C8) stands upright.
"""
# ruff: noqa: PLR2004 - command codes as the data sheet's section 9 lists them

from typing import Any

COLUMNS, PAGES, ROWS = 128, 8, 64

# Parameter bytes of each command that has any (section 9).
PARAMETERS = {
    0x20: 1,
    0x21: 2,
    0x22: 2,
    0x26: 6,
    0x27: 6,
    0x29: 5,
    0x2A: 5,
    0x81: 1,
    0x8D: 1,
    0xA3: 2,
    0xA8: 1,
}
PARAMETERS |= {0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}
HORIZONTAL, VERTICAL, PAGE = 0, 1, 2


class Ssd1306:
    """`pixels()` gives what is visible; `undefined` lists commands that the data sheet lacks."""

    parameters = PARAMETERS

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """A panel of `part["width"]` x `part["height"]`."""
        self.width, self.height = part["width"], part["height"]
        self._board, self._random = board, board.random("ssd1306")
        self.undefined: list[int] = []
        self._powered = False
        self._reset()

    def mcu_power(self, on: bool) -> None:
        """Switch the supply; at power-on the memory holds noise (section 8.7)."""
        self._powered = on
        if on:
            self._reset()

    def _reset(self) -> None:
        """Set the reset values (sections 8.9 and 9)."""
        self.memory = [
            bytearray(self._random.randbytes(COLUMNS)) for _ in range(PAGES)
        ]  # by page and SEG line
        self.on = self.pump = self.inverse = self.entire_on = self.scrolling = False
        self.contrast, self.start_line, self.offset, self.multiplex = 0x7F, 0, 0, ROWS
        self.segment_remap = self.scan_remap = False
        self.alternative_com, self.swapped_com = True, False
        self._mode, self._column, self._page = PAGE, 0, 0
        self._columns, self._pages = (0, COLUMNS - 1), (0, PAGES - 1)
        self._command: list[
            int
        ] = []  # a command waiting for its parameters, also over I2C messages

    def write(self, data: bytes) -> None:
        """Take an I2C message: control bytes, each with one byte (Co = 1) or the rest (8.1.5.2)."""
        i = 0
        while i < len(data):
            control = data[i]
            end = i + 2 if control & 0x80 else len(data)
            body = data[i + 1 : end]
            if control & 0x40:
                self._data(body)
            else:
                for byte in body:
                    self._command_byte(byte)
            i = end

    def read(self, count: int) -> bytes:
        """Give the status register: bit 6 is set while the display is off (section 9.2.1)."""
        return bytes([0 if self.on else 0x40]) * count

    def _data(self, data: bytes) -> None:
        for byte in data:
            segment = COLUMNS - 1 - self._column if self.segment_remap else self._column
            self.memory[self._page][segment] = byte
            self._step()

    def _step(self) -> None:
        """Advance the address pointers (section 10.1.3)."""
        if self._mode == PAGE:
            self._column = (self._column + 1) % COLUMNS
        elif self._mode == HORIZONTAL:
            self._column, over = self._next(self._column, self._columns, COLUMNS)
            if over:
                self._page = self._next(self._page, self._pages, PAGES)[0]
        else:
            self._page, over = self._next(self._page, self._pages, PAGES)
            if over:
                self._column = self._next(self._column, self._columns, COLUMNS)[0]

    @staticmethod
    def _next(at: int, window: tuple[int, int], limit: int) -> tuple[int, bool]:
        return (window[0], True) if at == window[1] else ((at + 1) % limit, False)

    def _command_byte(self, byte: int) -> None:
        self._command.append(byte)
        if len(self._command) > self.parameters.get(self._command[0], 0):
            command, self._command = self._command, []
            self._execute(command[0], command[1:])

    def _execute(self, code: int, values: list[int]) -> None:  # noqa: PLR0912 - one branch per command of the data sheet
        if code <= 0x0F:
            self._column = self._column & 0x70 | code
        elif code <= 0x1F:
            self._column = (code & 7) << 4 | self._column & 0x0F
        elif code == 0x20:
            self._mode = min(values[0] & 3, PAGE)
        elif code == 0x21:
            self._columns = values[0] & 0x7F, values[1] & 0x7F
            self._column = self._columns[0]
        elif code == 0x22:
            self._pages = values[0] & 7, values[1] & 7
            self._page = self._pages[0]
        elif code in (0x26, 0x27, 0x29, 0x2A, 0xA3, 0xD5, 0xD9, 0xDB, 0xE3):
            pass  # scroll set-up, timing, precharge, VCOMH level, NOP: no effect on a still picture
        elif code in (0x2E, 0x2F):
            self.scrolling = code == 0x2F
        elif 0x40 <= code <= 0x7F:
            self.start_line = code & 0x3F
        elif code == 0x81:
            self.contrast = values[0]
        elif code == 0x8D:
            self.pump = bool(values[0] & 4)
            self._board.load_changed()
        elif code in (0xA0, 0xA1):
            self.segment_remap = code == 0xA1
        elif code in (0xA4, 0xA5):
            self.entire_on = code == 0xA5
        elif code in (0xA6, 0xA7):
            self.inverse = code == 0xA7
        elif code == 0xA8:
            if values[0] & 0x3F >= 15:  # 0 to 14 are invalid
                self.multiplex = (values[0] & 0x3F) + 1
        elif code in (0xAE, 0xAF):
            self.on = code == 0xAF
            self._board.load_changed()
        elif 0xB0 <= code <= 0xB7:
            self._page = code & 7
        elif code in (0xC0, 0xC8):
            self.scan_remap = code == 0xC8
        elif code == 0xD3:
            self.offset = values[0] & 0x3F
        elif code == 0xDA:
            self.alternative_com, self.swapped_com = bool(values[0] & 0x10), bool(values[0] & 0x20)
        else:
            self.undefined.append(code)

    @property
    def lit(self) -> bool:
        """Whether the panel shines: powered, on, and its charge pump (the only VCC) running."""
        return self._powered and self.on and self.pump

    @property
    def dots(self) -> int:
        """How many dots of the memory shine, also those that this panel lacks."""
        if not self.lit:
            return 0
        if self.entire_on:
            return 8 * PAGES * COLUMNS
        dots = int.from_bytes(b"".join(self.memory), "big").bit_count()
        return 8 * PAGES * COLUMNS - dots if self.inverse else dots

    def _memory_row(self, panel_row: int) -> int | None:
        """Give the row of memory that a row of the panel shows, None: not driven (10-1 to 10-3)."""
        glass = ROWS - 1 - panel_row
        if (
            not self.alternative_com
        ):  # the glass interleaves its rows, so a sequential arrangement shuffles them
            glass = glass // 2 + ROWS // 2 * (glass & 1)
        if self.swapped_com:
            glass ^= 1 if self.alternative_com else ROWS // 2
        line = (self.multiplex - 1 - glass if self.scan_remap else glass) + self.offset
        line %= ROWS
        return (line + self.start_line) % ROWS if line < self.multiplex else None

    def _columns_shown(self, page: bytearray) -> bytes:
        """Give the SEG lines of a page that the panel has."""
        return bytes(page)

    def pixels(self) -> bytes:
        """Give what is visible: width x height bytes by rows from the top left, 1 is lit."""
        if not self.lit:
            return bytes(self.width * self.height)
        seen = bytearray()
        for y in range(self.height):
            row = self._memory_row(y)
            if row is None:
                seen += bytes(self.width)
            elif self.entire_on:
                seen += b"\1" * self.width
            else:
                page, bit = self.memory[row // 8], row % 8
                # The module is mounted with SEG0 at the right.
                shown = self._columns_shown(page)[::-1][: self.width]
                seen += shown.translate(_LIT[self.inverse][bit])
        return bytes(seen)


# By whether the display is inverted, then by bit: a byte of the memory -> 1 for a lit pixel.
_LIT = [
    [bytes((byte >> bit & 1) ^ flip for byte in range(256)) for bit in range(8)] for flip in (0, 1)
]
CHIP = Ssd1306

"""SH1106 OLED controller on I2C, with the panel that is sold with it: 128 x 64 pixels in the middle
of its 132 columns. Source: Sino Wealth SH1106 data sheet V2.3.

Beside an SSD1306 it lacks the addressing modes and windows (20h to 22h) and the charge pump's
command (8Dh): its only mode is page addressing, and its DC-DC converter (ADh) runs from reset on.
"""
# ruff: noqa: PLR2004 - command codes as the data sheet lists them

from emulator.chips import ssd1306

COLUMNS, FIRST = 132, 2  # the panel's left edge
PARAMETERS = {0x81: 1, 0xA8: 1, 0xAD: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}


class Sh1106(ssd1306.Ssd1306):
    """As Ssd1306; what it does not know it takes for one byte without effect (`undefined`)."""

    parameters = PARAMETERS

    def _reset(self) -> None:
        super()._reset()
        self.memory = [bytearray(self._random.randbytes(COLUMNS)) for _ in range(ssd1306.PAGES)]
        self.pump = True

    def _data(self, data: bytes) -> None:
        """Write to the page; past the last column the pointer stays (data sheet, "Column
        Address")."""
        for byte in data:
            if self._column < COLUMNS:
                segment = COLUMNS - 1 - self._column if self.segment_remap else self._column
                self.memory[self._page][segment] = byte
                self._column += 1

    def _execute(self, code: int, values: list[int]) -> None:
        if 0x10 <= code <= 0x1F:
            self._column = (code & 15) << 4 | self._column & 0x0F
        elif code <= 0x0F:
            self._column = self._column & 0xF0 | code
        elif code == 0xAD:
            self.pump = bool(values[0] & 1)
        elif 0x20 <= code <= 0x2F or code in (0x8D, 0xA3):
            self.undefined.append(code)
        else:
            super()._execute(code, values)

    def _columns_shown(self, page: bytearray) -> bytes:
        return bytes(page[FIRST : FIRST + ssd1306.COLUMNS])


CHIP = Sh1106

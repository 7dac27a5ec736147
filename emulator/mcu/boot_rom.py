"""The boot ROM of an RP2040 or RP2350 in BOOTSEL mode: takes blocks of UF2 files into the flash.

Sizes are bytes, addresses those of the chip. After the ROMs' own source (raspberrypi/
pico-bootrom-rp2040 and -rp2350, virtual_disk.c), with what their errata say: an RP2040 tells by a
block's number whether a sector is still to be erased, not by its address (RP2040-E14), and an
RP2350 of stepping A2 does not know the extension by which a block asks to be skipped (RP2350-E10).
"""

import struct
from dataclasses import dataclass, field

BLOCK = 512
FLASH = 0x10000000  # where the flash begins
_FLASH_END = {"RP2040": 0x11000000, "RP2350": 0x12000000}
_SECTOR = 4096
_PAGE = 256
_HEAD = struct.Struct("<8I")
_WORD = struct.Struct("<I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_MAGIC_END = 0x0AB16F30
_NOT_MAIN_FLASH = 0x00000001
_FAMILY_PRESENT = 0x00002000
_EXTENSIONS_PRESENT = 0x00008000
_IGNORE_BLOCK = 0x9957E304
# Without a partition table an RP2350 takes the families absolute, data, Arm and RISC-V.
_FAMILIES = {
    "RP2040": (0xE48BFF56,),
    "RP2350": (0xE48BFF57, 0xE48BFF58, 0xE48BFF59, 0xE48BFF5A),
}
# INFO_UF2.TXT as the ROMs write it.
INFO = {
    "RP2040": "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n",
    "RP2350": "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n",
}


@dataclass
class _Transfer:
    """The blocks that belong together, as far as they have come; `total` is 0 before the first."""

    total: int = 0
    family: int = 0
    arrived: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)


class BootRom:
    """Writes the blocks that it is given into `flash`, all of the board's. `restarted` becomes true
    when the last block of a file has come: then the chip starts what it was given."""

    def __init__(self, mcu: str, flash: bytearray, stepping: str = "A4") -> None:
        """`mcu` is "RP2040" or "RP2350"; only an RP2350's `stepping` makes a difference."""
        self.flash = flash
        self.restarted = False
        self._mcu = mcu
        self._skips = mcu == "RP2350" and stepping != "A2"
        self._transfer = _Transfer()

    def take(self, block: bytes) -> bool:
        """Take one sector of the drive; False for what is no block for this chip, which is
        ignored."""
        *magic, flags, address, size, number, total, family = _HEAD.unpack_from(block)
        (end,) = _WORD.unpack_from(block, BLOCK - _WORD.size)
        if self.restarted or tuple(magic) != _MAGIC or end != _MAGIC_END:
            return False
        if not flags & _FAMILY_PRESENT or flags & _NOT_MAIN_FLASH or size != _PAGE:
            return False
        if family not in _FAMILIES[self._mcu]:
            return False
        (extension,) = _WORD.unpack_from(block, _HEAD.size + _PAGE)
        if self._skips and flags & _EXTENSIONS_PRESENT and extension == _IGNORE_BLOCK:
            return False
        in_flash = FLASH <= address < _FLASH_END[self._mcu] and not address % _PAGE
        if not in_flash or not total or number >= total:
            self._transfer = _Transfer()
            return False
        if (total, family) != (self._transfer.total, self._transfer.family):
            self._transfer = _Transfer(total, family)
        if number not in self._transfer.arrived:
            self._write(address, number, block[_HEAD.size : _HEAD.size + _PAGE])
        return True

    def _write(self, address: int, number: int, payload: bytes) -> None:
        at = (address - FLASH) % len(self.flash)  # the chip ignores address lines that it lacks
        sector = at - at % _SECTOR
        by_number = self._mcu == "RP2040"
        counted = number * _PAGE // _SECTOR if by_number else sector
        if counted not in self._transfer.erased:
            self._transfer.erased.add(counted)
            self.flash[sector : sector + _SECTOR] = b"\xff" * _SECTOR
        for offset, value in enumerate(payload, at):
            self.flash[offset] &= value  # programming clears bits
        self._transfer.arrived.add(number)
        self.restarted = len(self._transfer.arrived) == self._transfer.total

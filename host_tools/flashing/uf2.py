"""Reads and writes UF2 files, in which flash content travels in blocks that name their address.

Sizes are bytes. A file is a sequence of 512-byte blocks, all numbers little-endian 32-bit words:
magic, magic, flags, address, payload size, number of the block, number of blocks, family, up to 476
bytes of data, magic. Sources: pico-sdk, boot/uf2.h; picotool, elf2uf2; the boot ROMs' own source
(pico-bootrom-rp2040 and -rp2350, virtual_disk.c); RP2040 data sheet, 2.8.4.2, and errata RP2040-E14
and RP2350-E10.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

BLOCK = 512
PAGE = 256  # payload of a block; the boot ROMs ignore blocks of another size
SECTOR = 4096  # what flash erases at once
RP2040 = 0xE48BFF56
ABSOLUTE = 0xE48BFF57
DATA = 0xE48BFF58
RP2350_ARM_S = 0xE48BFF59
FAMILIES = {
    RP2040: "RP2040",
    ABSOLUTE: "absolute",
    DATA: "data",
    RP2350_ARM_S: "RP2350",
    0xE48BFF5A: "RP2350 (RISC-V)",
    0xE48BFF5B: "RP2350 (Arm, non-secure)",
    0x1C5F21B0: "ESP32",  # these by the registry of the format's authors (microsoft/uf2)
    0xBFDD4EEE: "ESP32-S2",
    0xC47E5767: "ESP32-S3",
    0x68ED2B88: "SAMD21",
    0x55114460: "SAMD51",
    0xADA52840: "nRF52840",
}
OF_MCU = {"RP2040": RP2040, "RP2350": RP2350_ARM_S}  # what a board file's MCU takes

_HEAD = struct.Struct("<8I")
_WORD = struct.Struct("<I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_MAGIC_END = 0x0AB16F30
_NOT_MAIN_FLASH = 0x00000001
_FAMILY_PRESENT = 0x00002000
_EXTENSIONS_PRESENT = 0x00008000
_IGNORE_BLOCK = 0x9957E304  # the extension that tells an RP2350 from stepping A3 on to skip a block
_GUARD_PAYLOAD = b"\xef" * PAGE
_GUARD_TOTAL = 2  # a count that is never reached, so that the boot ROM waits for what follows


@dataclass(frozen=True)
class Uf2:
    """What a file writes: pages of PAGE bytes by their address, for one family.

    `guard` is the address of the block that tools put first for RP2350-E10, or None.
    """

    family: int
    pages: Mapping[int, bytes]
    guard: int | None = None

    def runs(self) -> list[tuple[int, bytes]]:
        """Give address and content of each run of pages without a gap, in the order of
        addresses."""
        found: list[tuple[int, list[bytes]]] = []
        end = None
        for address in sorted(self.pages):
            if address != end:
                found.append((address, []))
            found[-1][1].append(self.pages[address])
            end = address + PAGE
        return [(address, b"".join(content)) for address, content in found]


def family_name(family: int) -> str:
    """Give the microcontroller that a family stands for, or its number."""
    return FAMILIES.get(family, f"0x{family:08X}")


def pages(address: int, content: bytes) -> dict[int, bytes]:
    """Cut `content`, whole pages that begin at `address`, into pages."""
    if address % PAGE or len(content) % PAGE:
        raise ValueError(f"{len(content)} bytes at {address:#x} are not whole pages.")
    return {address + at: content[at : at + PAGE] for at in range(0, len(content), PAGE)}


def read(data: bytes) -> Uf2:
    """Read a whole file. KodebrikError for one that is no UF2, that breaks off, or in which a block
    is not as the format and the boot ROMs want it: every number once, no address twice, one
    family."""
    if _HEAD.unpack_from(data.ljust(_HEAD.size, b"\0"))[:2] != _MAGIC:
        raise KodebrikError("uf2-none", ExitCode.BAD_INPUT)
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    guard = None
    if _is_guard(blocks[0]):
        (guard,) = _HEAD.unpack_from(blocks[0])[3:4]
        blocks = blocks[1:]
    found: dict[int, bytes] = {}
    numbers: set[int] = set()
    family = total = None
    for at, block in enumerate(blocks, 0 if guard is None else 1):
        if len(block) < BLOCK:
            break
        address, number, of, its_family, payload = _block(at, block)
        family, total = (its_family, of) if family is None else (family, total)
        if its_family != family:
            raise KodebrikError(
                "uf2-families",
                ExitCode.BAD_INPUT,
                first=family_name(family),
                second=family_name(its_family),
            )
        if of != total:
            raise _damaged(at, Message("uf2-fault.total", first=total or 0, total=of))
        if number in numbers or number >= of:
            raise _damaged(at, Message("uf2-fault.number", number=number, total=of))
        if address in found:
            raise _damaged(at, Message("uf2-fault.twice", address=f"0x{address:08X}"))
        numbers.add(number)
        found[address] = payload
    if family is None or total is None or len(numbers) != total or len(blocks[-1]) < BLOCK:
        raise KodebrikError(
            "uf2-truncated", ExitCode.BAD_INPUT, blocks=len(numbers), total=total or len(blocks)
        )
    return Uf2(family, found, guard)


def write(content: Uf2) -> bytes:
    """Give the bytes of a file with every page, in the order of addresses.

    A sector of which any page is written is written whole, the rest of it as erased flash
    (RP2040-E14): the RP2040's boot ROM counts sectors by the numbers of blocks, not by their
    addresses, and would otherwise erase a sector too late or not at all. Sectors of which no page
    is written stay as they are on the board.
    """
    whole = {
        address: content.pages.get(address, b"\xff" * PAGE)
        for address in _whole_sectors(content.pages)
    }
    blocks = [] if content.guard is None else [_guard(content.guard)]
    for number, (address, payload) in enumerate(whole.items()):
        head = (*_MAGIC, _FAMILY_PRESENT, address, PAGE, number, len(whole), content.family)
        blocks.append(_packed(head, payload))
    return b"".join(blocks)


def _whole_sectors(addresses: Iterable[int]) -> Iterator[int]:
    """Give the addresses of all pages of the sectors that `addresses` lie in, ascending."""
    for sector in sorted({address - address % SECTOR for address in addresses}):
        yield from range(sector, sector + SECTOR, PAGE)


def _block(at: int, block: bytes) -> tuple[int, int, int, int, bytes]:
    """Give address, number, number of blocks, family and payload of the block at place `at`."""
    *magic, flags, address, size, number, total, family = _HEAD.unpack_from(block)
    if tuple(magic) != _MAGIC or _WORD.unpack_from(block, BLOCK - _WORD.size) != (_MAGIC_END,):
        raise _damaged(at, Message("uf2-fault.magic"))
    if not flags & _FAMILY_PRESENT or flags & _NOT_MAIN_FLASH:
        raise _damaged(at, Message("uf2-fault.flags", flags=f"0x{flags:08X}"))
    if size != PAGE:
        raise _damaged(at, Message("uf2-fault.size", size=size, wanted=PAGE))
    if address % PAGE:
        raise _damaged(at, Message("uf2-fault.address", address=f"0x{address:08X}"))
    return address, number, total, family, block[_HEAD.size : _HEAD.size + PAGE]


def _damaged(at: int, fault: Message) -> KodebrikError:
    return KodebrikError("uf2-damaged", ExitCode.BAD_INPUT, number=at + 1, fault=fault)


def _packed(head: tuple[int, ...], data: bytes) -> bytes:
    body = _HEAD.pack(*head) + data
    return body + bytes(BLOCK - _WORD.size - len(body)) + _WORD.pack(_MAGIC_END)


def _guard(address: int) -> bytes:
    """Give the block that makes an RP2350 of stepping A2 take a file (RP2350-E10). That stepping
    writes it to `address`; later ones skip it."""
    flags = _FAMILY_PRESENT | _EXTENSIONS_PRESENT
    head = (*_MAGIC, flags, address, PAGE, 0, _GUARD_TOTAL, ABSOLUTE)
    return _packed(head, _GUARD_PAYLOAD + _WORD.pack(_IGNORE_BLOCK))


def _is_guard(block: bytes) -> bool:
    """Say whether this is the block of RP2350-E10, with or without the extension."""
    if len(block) < BLOCK:
        return False
    (address,) = _HEAD.unpack_from(block)[3:4]
    if block == _guard(address):
        return True
    bare = (*_MAGIC, _FAMILY_PRESENT, address, PAGE, 0, _GUARD_TOTAL, ABSOLUTE)
    return block == _packed(bare, _GUARD_PAYLOAD)

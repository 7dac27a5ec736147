"""The emulated boot ROM: what it takes, and where its errata bite."""

import random

import pytest

from emulator.mcu.boot_rom import BootRom
from tests.support.flashing import official

ARM = 0xE48BFF59
RP2040 = 0xE48BFF56
ABSOLUTE = 0xE48BFF57
CODE = official.program(10_000)
PADDED = CODE + bytes(-len(CODE) % 4096)
OLD = b"\x5a"


def blocks(data):
    return [data[at : at + 512] for at in range(0, len(data), 512)]


def rom(mcu="RP2040", size=2 * 2**20, **options):
    return BootRom(mcu, bytearray(OLD * size), **options)


def taken(boot, data):
    for block in data:
        boot.take(block)
    return boot


@pytest.mark.parametrize(("mcu", "family"), [("RP2040", RP2040), ("RP2350", ARM)])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_file_is_written_in_any_order_and_then_started(mcu, family, shuffled):
    data = blocks(official.uf2(PADDED, family))
    if shuffled:
        random.Random(1).shuffle(data)
    boot = taken(rom(mcu), data[:-1])
    assert not boot.restarted
    boot.take(data[-1])
    assert boot.restarted
    assert boot.flash[: len(PADDED)] == PADDED
    assert boot.flash[len(PADDED) :] == OLD * (2 * 2**20 - len(PADDED)), "nothing else was touched"


def test_a_block_that_comes_twice_counts_once():
    data = blocks(official.uf2(PADDED, RP2040))
    assert not taken(rom(), [*data[:-1], *data[:-1]]).restarted


@pytest.mark.parametrize(
    "data",
    [
        official.uf2(PADDED, ARM),  # another chip's
        b"\0" * 512 * 8,
        official.uf2(PADDED, RP2040)[:-4] + b"\0\0\0\0",  # its last block is none
        official.uf2(PADDED, RP2040, 0x20000000),
        official.block(0x10000000, 0, 1, RP2040, bytes(128)),
        official.block(0x10000000, 0, 1, RP2040, bytes(256), flags=0),
        official.block(0x10000000, 0, 1, RP2040, bytes(256), flags=0x2001),
        official.block(0x10000080, 0, 1, RP2040, bytes(256)),
        official.block(0x10000000, 1, 1, RP2040, bytes(256)),
        official.block(0x10000000, 0, 0, RP2040, bytes(256)),
    ],
)
def test_what_is_no_block_for_the_chip_never_starts_it(data):
    assert not taken(rom(), blocks(data)).restarted


def test_after_the_restart_nothing_is_written():
    boot = taken(rom(), blocks(official.uf2(PADDED, RP2040)))
    before = bytes(boot.flash)
    taken(boot, blocks(official.uf2(bytes(4096), RP2040)))
    assert boot.flash == before


def test_a_new_file_begins_anew():
    boot = taken(rom(), blocks(official.uf2(bytes(8192), RP2040))[:20])
    taken(boot, blocks(official.uf2(PADDED, RP2040)))
    assert boot.restarted
    assert boot.flash[: len(PADDED)] == PADDED


def test_an_rp2040_spoils_sectors_that_are_not_whole():
    """RP2040-E14: of two runs that end inside of a sector the second is erased too late."""
    near = [(0x10000000 + 256 * page, bytes([page]) * 256) for page in range(8)]
    far = [(0x10010000 + 256 * page, bytes([page]) * 256) for page in range(16)]
    data = [
        official.block(address, number, 24, RP2040, payload)
        for number, (address, payload) in enumerate(near + far)
    ]
    boot = taken(rom(), data)
    assert boot.restarted
    assert boot.flash[0x10000:0x11000] != b"".join(payload for _, payload in far)


@pytest.mark.parametrize(("stepping", "written"), [("A2", True), ("A3", False), ("A4", False)])
def test_only_stepping_a2_writes_the_block_of_rp2350_e10(stepping, written):
    """Aimed at the end of the largest flash, it lies in the last page of any."""
    boot = rom("RP2350", 4 * 2**20, stepping=stepping)
    boot.take(official.guard())
    assert (boot.flash[-256:] == b"\xef" * 256) is written
    assert (boot.flash[-4096:-256] == b"\xff" * 3840) is written
    assert not boot.restarted

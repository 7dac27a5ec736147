"""UF2 files: what is written is read by us and by others, and every fault is found."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uf2utils.file import UF2File

from host_tools.errors import KodebrikError
from host_tools.flashing import uf2
from tests.support.flashing import official

FLASH = 0x10000000
PAGES = st.dictionaries(
    st.integers(0, 200).map(lambda page: FLASH + 256 * page),
    st.binary(min_size=256, max_size=256),
    min_size=1,
    max_size=12,
)
FAMILY = st.sampled_from([uf2.RP2040, uf2.RP2350_ARM_S])


def whole_sectors(pages):
    """Give pages with the rest of each sector that they touch erased, in another way than
    write()."""
    found = {}
    for address in pages:
        for page in range(16):
            found.setdefault(address // 4096 * 4096 + page * 256, b"\xff" * 256)
    return found | pages


@given(PAGES, FAMILY, st.none() | st.just(FLASH + 0xFFF00))
def test_what_is_written_is_read(pages, family, guard):
    read = uf2.read(uf2.write(uf2.Uf2(family, pages, guard)))
    assert read == uf2.Uf2(family, whole_sectors(pages), guard)


@given(PAGES, FAMILY)
def test_blocks_are_numbered_so_that_the_rp2040_erases_each_sector_first(pages, family):
    """RP2040-E14: its boot ROM erases the sector that the first of sixteen block numbers is in."""
    data = uf2.write(uf2.Uf2(family, pages))
    heads = [struct.unpack_from("<8I", data, at) for at in range(0, len(data), 512)]
    assert [head[5] for head in heads] == list(range(len(heads)))
    assert {head[6] for head in heads} == {len(heads)}
    assert {head[4] for head in heads} == {256}
    assert all(head[5] % 16 == head[3] % 4096 // 256 for head in heads)


@given(PAGES)
def test_sectors_without_a_page_are_not_written(pages):
    read = uf2.read(uf2.write(uf2.Uf2(uf2.RP2040, pages)))
    assert {address // 4096 for address in read.pages} == {address // 4096 for address in pages}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("uf2") / "written.uf2"


@given(pages=PAGES, family=FAMILY)
def test_an_independent_reader_finds_the_same(file, pages, family):
    file.write_bytes(uf2.write(uf2.Uf2(family, pages)))
    blocks = UF2File.readBlocks(str(file))
    found = {block.header.address: bytes(block.payload) for block in blocks}
    assert found == whole_sectors(pages)
    assert {block.header.board_family for block in blocks} == {family}


def test_runs_are_joined_pages():
    pages = {FLASH + 512: b"c" * 256, FLASH: b"a" * 256, FLASH + 256: b"b" * 256}
    far = {FLASH + 4096: b"d" * 256}
    assert uf2.Uf2(uf2.RP2040, pages | far).runs() == [
        (FLASH, b"a" * 256 + b"b" * 256 + b"c" * 256),
        (FLASH + 4096, b"d" * 256),
    ]


def test_only_whole_pages_are_cut():
    with pytest.raises(ValueError, match="not whole pages"):
        uf2.pages(FLASH + 1, bytes(256))
    with pytest.raises(ValueError, match="not whole pages"):
        uf2.pages(FLASH, bytes(255))


GOOD = official.uf2(official.program(5000), uf2.RP2040)
LAST = len(GOOD) // 512 - 1


def changed(block, word, value):
    """Give GOOD with one word of a block's head changed."""
    data = bytearray(GOOD)
    struct.pack_into("<I", data, block * 512 + 4 * word, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "identifier", "says"),
    [
        (b"", "uf2-none", "no UF2"),
        (b"<!DOCTYPE html><html>" * 500, "uf2-none", "no UF2"),
        (GOOD[:-512], "uf2-truncated", "31 of 32"),
        (GOOD[:-1], "uf2-truncated", "31 of 32"),
        (GOOD[:100], "uf2-truncated", "0 of 1"),
        (official.guard(), "uf2-truncated", "0 of 0"),
        (GOOD + b"\0", "uf2-truncated", "32 of 32"),
        (changed(3, 0, 7), "uf2-damaged", "Block 4"),
        (changed(3, 127, 7), "uf2-damaged", "begin and end"),
        (changed(3, 2, 0), "uf2-damaged", "0x00000000"),
        (changed(3, 2, 0x2001), "uf2-damaged", "main flash"),
        (changed(3, 4, 476), "uf2-damaged", "476 bytes"),
        (changed(3, 3, FLASH + 1), "uf2-damaged", "0x10000001"),
        (changed(3, 3, FLASH), "uf2-damaged", "0x10000000 was there"),
        (changed(3, 5, 2), "uf2-damaged", "number 2"),
        (changed(LAST, 5, LAST + 1), "uf2-damaged", "too high"),
        (changed(3, 6, 99), "uf2-damaged", "one of 99"),
        (changed(3, 7, uf2.RP2350_ARM_S), "uf2-families", "RP2040 and RP2350"),
        (GOOD + GOOD, "uf2-damaged", "number 0"),
    ],
)
def test_each_fault_is_said(data, identifier, says):
    with pytest.raises(KodebrikError) as raised:
        uf2.read(data)
    assert raised.value.identifier == identifier
    assert says in raised.value.message
    assert raised.value.hint


def test_blocks_may_come_in_any_order():
    blocks = [GOOD[at : at + 512] for at in range(0, len(GOOD), 512)]
    assert uf2.read(b"".join(reversed(blocks))) == uf2.read(GOOD)


@pytest.mark.parametrize("extension", [True, False])
def test_the_block_for_rp2350_e10_is_no_content(extension):
    """Older tools wrote it without the extension that tells later chips to skip it."""
    code = official.uf2(official.program(5000), uf2.RP2350_ARM_S)
    bare = official.block(official.END_OF_WINDOW, 0, 2, uf2.ABSOLUTE, b"\xef" * 256)
    read = uf2.read((official.guard() if extension else bare) + code)
    assert read.guard == official.END_OF_WINDOW
    assert official.END_OF_WINDOW not in read.pages
    assert uf2.write(read)[:512] == official.guard()


def test_a_whole_file_of_absolute_blocks_is_content():
    read = uf2.read(official.uf2(official.program(300), uf2.ABSOLUTE))
    assert (read.family, read.guard, len(read.pages)) == (uf2.ABSOLUTE, None, 16)

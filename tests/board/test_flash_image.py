"""The content of a Pico's flash, put together from a UF2 file and a file system."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.board.flash_image import FLASH, from_uf2, with_filesystem

RP2040, ABSOLUTE = 0xE48BFF56, 0xE48BFF57
PAGES = st.dictionaries(
    st.integers(0, FLASH // 256 - 1), st.binary(min_size=256, max_size=256), min_size=1, max_size=8
)


def block(address: int, data: bytes, family: int = RP2040, flags: int = 0x2000) -> bytes:
    """Write one block as the format says: 32 bytes of head, 476 of data, the last mark."""
    head = b"UF2\n" + struct.pack("<7I", 0x9E5D5157, flags, address, len(data), 0, 1, family)
    return head + data.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


@given(PAGES)
def test_each_page_lies_where_its_block_says_and_the_rest_is_erased(pages):
    uf2 = b"".join(block(0x1000_0000 + 256 * page, data) for page, data in pages.items())
    flash = from_uf2(uf2)
    assert len(flash) == FLASH
    for page in {*pages, 0, FLASH // 256 - 1}:
        assert flash[256 * page : 256 * page + 256] == pages.get(page, b"\xff" * 256)


def test_blocks_of_other_families_and_beside_the_flash_are_left_out():
    """RP2350-E10's block, for one, has the family "absolute"."""
    uf2 = block(0x1000_0000, b"\1" * 256, ABSOLUTE) + block(0x1000_0000, b"\2" * 256, flags=0x2001)
    with pytest.raises(ValueError, match="nothing for an RP2040"):
        from_uf2(uf2)
    assert from_uf2(uf2 + block(0x1000_0000, b"\3" * 256))[:256] == b"\3" * 256


@pytest.mark.parametrize(
    ("uf2", "words"),
    [
        (b"", "no whole blocks"),
        (b"x" * 511, "no whole blocks"),
        (b"x" * 512, "lacks its marks"),
        (block(0x1000_0000 + FLASH - 255, b"\0" * 256), "outside of a Pico's flash"),
        (block(0x0FFF_FFFF, b"\0" * 256), "outside of a Pico's flash"),
    ],
)
def test_what_is_no_uf2_file_for_a_pico_is_refused(uf2: bytes, words: str):
    with pytest.raises(ValueError, match=words):
        from_uf2(uf2)


def test_the_file_system_lies_at_the_end():
    flash = with_filesystem(b"\1" * 100 + b"\xff" * 100, b"\2" * 50)
    assert flash == b"\1" * 100 + b"\xff" * 50 + b"\2" * 50


def test_a_micropython_that_reaches_into_the_file_system_is_refused():
    with pytest.raises(ValueError, match="reaches into"):
        with_filesystem(b"\1" * 151 + b"\xff" * 49, b"\2" * 50)

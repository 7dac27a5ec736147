"""The file to drop: MicroPython where it was, the file system where the board has it, and nothing
of what was on the board before."""

import hashlib
import random

import pytest
from uf2utils.file import UF2File

from emulator.mcu.boot_rom import FLASH, BootRom
from emulator.session import Emulator
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import bundle, esptool_program, micropython, uf2
from host_tools.image.image import build_tree, load_board, pack
from host_tools.image.official import build_for
from host_tools.link.channel import Channel
from tests.support.flashing import official
from tests.support.flashing.littlefs_reader import files, mounted

RP2 = ("pico", "pico2")
GIVEN = [(board, *file) for board in RP2 for file in official.files(board)]


@pytest.fixture(scope="module")
def trees():
    return {board: build_tree("kodeviser", board) for board in official.BUILDS}


def merged(board, tree, data=None):
    """Give board file, release, file system and the merged file."""
    board_file = load_board(board)
    release = micropython.check(data or official.stand_in(board), board_file)
    image = pack(tree, board_file["filesystem"])
    return board_file, release, image, bundle.merge(release, image, board_file)


@pytest.mark.parametrize(("board", "name", "data"), GIVEN, ids=lambda value: str(value)[:30])
def test_an_independent_reader_finds_micropython_and_the_file_system(
    trees, tmp_path, board, name, data
):
    board_file, release, image, file = merged(board, trees[board], data)
    path = tmp_path / "token.uf2"
    path.write_bytes(file)
    blocks = UF2File.readBlocks(str(path))
    if board == "pico2":
        assert blocks[0].header.board_family == uf2.ABSOLUTE, name
        blocks = blocks[1:]
    assert {block.header.board_family for block in blocks} == {official.FAMILIES[board]}
    assert [block.header.block_number for block in blocks] == list(range(len(blocks)))
    assert {block.header.total_blocks for block in blocks} == {len(blocks)}
    assert {block.header.payload_size for block in blocks} == {256}
    found = {block.header.address: bytes(block.payload) for block in blocks}
    assert len(found) == len(blocks), "no address twice"
    address = build_for(board_file).filesystem
    assert b"".join(found[at] for at in range(address, address + len(image), 256)) == image
    below = {at: page for at, page in found.items() if at < address}
    assert below.items() >= release.pages.items()
    assert set(below) == {
        sector + page
        for sector in {at - at % 4096 for at in release.pages}
        for page in range(0, 4096, 256)
    }, "whole sectors, and no gap filled"
    assert max(found) == address + board_file["filesystem"]["size"] - 256


@pytest.mark.parametrize("board", RP2)
def test_the_same_input_gives_the_same_bytes(trees, board):
    first, second = (merged(board, trees[board])[3] for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


@pytest.mark.parametrize("board", RP2)
def test_the_file_system_is_found_again_and_mounts(trees, board):
    board_file, _, image, file = merged(board, trees[board])
    assert bundle.file_system(file, board_file) == image
    assert files(image) == trees[board]


IN_A_FOLDER = {"folder/largest": bytes(100_000)}  # packed first: its pair of blocks is the same


def old_flash(board_file):
    """Give the flash of a board that has long had another version of the same files."""
    filesystem = board_file["filesystem"]
    before = dict.fromkeys(build_tree("kodeviser", board_file["name"]), b"old") | IN_A_FOLDER
    disk = mounted(pack(before, filesystem))
    for _ in range(3000):
        with disk.open("folder/counter", "wb") as file:
            file.write(bytes(30))
    size = build_for(board_file).filesystem + filesystem["size"] - FLASH
    return bytearray(size - filesystem["size"]) + disk.context.buffer


@pytest.mark.parametrize("board", RP2)
@pytest.mark.parametrize("shuffled", [False, True])
def test_nothing_of_an_earlier_file_system_is_left(trees, board, shuffled):
    board_file, _, image, file = merged(board, trees[board])
    rom = BootRom(board_file["mcu"], old_flash(board_file))
    blocks = [file[at : at + 512] for at in range(0, len(file), 512)]
    if shuffled:
        random.Random(board).shuffle(blocks)
    for block in blocks:
        rom.take(block)
    assert rom.restarted
    assert rom.flash[-len(image) :] == image


def test_blocks_of_littlefs_that_are_left_out_would_bring_old_files_back(trees):
    """Why every block is written, also those that are erased in the image."""
    board_file = load_board("pico")
    tree = trees["pico"] | IN_A_FOLDER
    image = pack(tree, board_file["filesystem"])
    flash = bytearray(old_flash(board_file)[-len(image) :])
    for at in range(0, len(image), 4096):
        if image[at : at + 4096] != b"\xff" * 4096:
            flash[at : at + 4096] = image[at : at + 4096]
    assert files(image) == tree
    assert files(bytes(flash)) != tree


@pytest.fixture(scope="module")
def full_to_the_end(trees):
    """Give a Pico 2's file whose last block of littlefs is in use, and the file system."""
    board_file, release, image, _ = merged("pico2", trees["pico2"])
    image = image[:-4096] + official.program(4096)
    assert release.guard == official.END_OF_WINDOW, "as picotool makes it"
    return bundle.merge(release, image, board_file), image


def written_by_a2(blocks):
    """Give the flash of a Pico 2 of stepping A2, and whether it started."""
    rom = BootRom("RP2350", bytearray(4 * 2**20), stepping="A2")
    for block in blocks:
        rom.take(block)
    return rom.flash, rom.restarted


def test_the_last_block_of_littlefs_survives_rp2350_e10(full_to_the_end):
    """Stepping A2 writes the block that tools put first."""
    file, image = full_to_the_end
    flash, started = written_by_a2(file[at : at + 512] for at in range(0, len(file), 512))
    assert started
    assert flash[-len(image) :] == image
    guard = uf2.read(file).guard
    assert guard == build_for(load_board("pico2")).filesystem - 256
    assert flash[guard - FLASH : guard - FLASH + 256] == b"\xef" * 256, "where nothing else is"


@pytest.mark.parametrize(("aim", "survives"), [("ours", True), ("picotool's", False)])
def test_it_survives_in_any_order_because_the_block_aims_elsewhere(full_to_the_end, aim, survives):
    """An operating system may send the blocks of a file in another order."""
    file, image = full_to_the_end
    guard, *blocks = (file[at : at + 512] for at in range(0, len(file), 512))
    if aim == "picotool's":
        guard = official.guard()
    flash, _ = written_by_a2([*blocks[-len(image) // 256 :], guard, *blocks[: -len(image) // 256]])
    assert (flash[-4096:] == image[-4096:]) is survives


def test_without_a_sector_to_spare_the_block_is_left_out(trees):
    full = official.rp2("pico2", size=1024 * 1024)
    board_file, release, _, file = merged("pico2", trees["pico2"], full)
    assert bundle.guard_address(release, board_file) is None
    assert uf2.read(file).guard is None


def test_the_file_system_boots(trees, tmp_path):
    board_file, _, _, file = merged("pico2", trees["pico2"])
    image = bundle.file_system(file, board_file)
    with Emulator("kodeviser", "pico2", tmp_path / "token", image=image) as emulator:
        emulator.plug()
        assert Channel(emulator.port).hello().product == "kodeviser"


@pytest.mark.parametrize(("name", "data"), official.files("esp32_s3"), ids=lambda v: str(v)[:30])
def test_esptool_merges_an_image_for_the_esp32_s3(trees, name, data):
    board_file, _, image, file = merged("esp32_s3", trees["esp32_s3"], data)
    assert file[: len(data)] == data, name
    assert set(file[len(data) : 0x200000]) == {0xFF}
    assert file[0x200000:] == image
    assert len(file) == 8 * 2**20
    assert bundle.file_system(file, board_file) == image
    assert files(image) == trees["esp32_s3"]


def test_without_esptool_the_extra_is_named(trees, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(KodebrikError) as raised:
        merged("esp32_s3", trees["esp32_s3"])
    assert raised.value.exit_code == ExitCode.NOT_INSTALLED
    assert "kodebrik[flash]" in raised.value.hint


def test_an_esptool_that_fails_is_said_so(trees, monkeypatch):
    monkeypatch.setattr(esptool_program, "CHIPS", {"ESP32-S3": "esp32s99"})
    with pytest.raises(KodebrikError) as raised:
        merged("esp32_s3", trees["esp32_s3"])
    assert raised.value.identifier == "flash-esptool-failed"
    assert "esp32s99" in raised.value.message


@pytest.mark.parametrize("board", official.BUILDS)
def test_a_file_without_a_file_system_is_said_so(board):
    with pytest.raises(KodebrikError) as raised:
        bundle.file_system(official.stand_in(board), load_board(board))
    assert raised.value.identifier == "flash-image-other"

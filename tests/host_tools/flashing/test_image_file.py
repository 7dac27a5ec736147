"""Files of `kodebrik flash image` are read back, and nothing else is taken for one."""

import pytest

from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.flashing import bundle, image_file, manifest, micropython
from host_tools.image.image import load_board, pack
from tests.support.flashing import official
from tests.support.flashing.images import made


def with_files(board, tree):
    """Give a file for a board with these files."""
    board_file = load_board(board)
    release = micropython.check(official.stand_in(board), board_file)
    return bundle.merge(release, pack(tree, board_file["filesystem"]), board_file)


@pytest.mark.parametrize("board", official.BUILDS)
def test_a_file_says_what_it_is(board):
    found = image_file.read(made(board))
    assert found.board == load_board(board)
    assert (found.product, found.version) == ("kodeviser", VERSION)
    assert found.manifest["languages"] == ["da", "en"]
    assert {"boot.py", "main.py", manifest.FILE} <= set(found.files)


@pytest.mark.parametrize(
    ("data", "identifier"),
    [
        (official.stand_in("pico"), "flash-image-not-ours"),
        (official.stand_in("esp32_s3"), "flash-image-not-ours"),
        (with_files("pico", {"main.py": b""}), "flash-image-not-ours"),
        (with_files("esp32_s3", {"main.py": b""}), "flash-image-not-ours"),
        (official.uf2(bytes(4096), 0x12345678), "flash-image-not-ours"),
        (made()[: len(made()) // 2], "uf2-truncated"),
        (made("esp32_s3")[:-1], "flash-image-not-ours"),
        (b"PK\3\4", "flash-image-not-ours"),
        (with_files("pico", {manifest.FILE: b"{}"}), "flash-manifest-damaged"),
        (
            with_files("pico", {manifest.FILE: manifest.encode(image_file.read(made()).manifest)}),
            "flash-image-damaged",
        ),
        (
            with_files("pico", image_file.read(made("pico2")).files),
            "flash-image-not-ours",
        ),
    ],
)
def test_each_other_file_has_its_error(data, identifier):
    with pytest.raises(KodebrikError) as raised:
        image_file.read(data)
    assert raised.value.identifier == identifier


def test_one_changed_byte_of_a_file_is_found():
    data = bytearray(made())
    at = data.index(b"import micropython\nmicropython.kbd_intr(-1)")
    data[at] ^= 1
    with pytest.raises(KodebrikError) as raised:
        image_file.read(bytes(data))
    assert raised.value.identifier == "flash-image-damaged"
    assert raised.value.message.arguments["path"] in ("boot.py", "main.py")


def test_an_image_with_a_short_manifest_is_read():
    found = image_file.read(made())
    short = manifest.shortened(found.manifest)
    again = image_file.read(
        with_files("pico", found.files | {manifest.FILE: manifest.encode(short)})
    )
    assert again.manifest == short
    assert again.version == VERSION

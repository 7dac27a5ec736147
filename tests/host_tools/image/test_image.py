"""A token's file system image, mounted by MicroPython's littlefs."""

import signal
from binascii import crc32
from pathlib import Path

import pytest
from littlefs import UserContext

from firmware.storage import space
from host_tools.errors import KodebrikError
from host_tools.image import image as images
from host_tools.image.image import build_frozen_tree, build_tree, load_board, pack
from host_tools.voice import store
from tests.support.runtime import MicroPython

# How official MicroPython 1.28 mounts its file system: ports/rp2/modules/_boot.py,
# ports/esp32/modules/_boot.py.
OFFICIAL = {"pico": {"progsize": 256}, "pico2": {"progsize": 256}, "esp32_s3": {}}


@pytest.mark.parametrize("board", OFFICIAL)
def test_official_micropython_reads_and_changes_every_file_of_an_image(
    vm: MicroPython, tmp_path: Path, board: str
):
    """Files of up to 512 bytes are there too: whether littlefs keeps them in their directory hangs
    on its cache."""
    filesystem = load_board(board)["filesystem"]
    tree = build_tree("kodeviser", board) | {
        f"of_{size}": bytes([size % 251]) * size for size in range(1, 1100, 61)
    }
    path = tmp_path / "flash"
    path.write_bytes(pack(tree, filesystem))
    geometry = (filesystem["block"], filesystem["size"] // filesystem["block"])
    kept = vm.call(
        "tests.support.vm.image", "kept", str(path), *geometry, OFFICIAL[board], list(tree)
    )
    assert kept == [crc32(content) for content in tree.values()]


def test_the_image_build_keeps_free_what_the_token_does():
    """And its vault's folder and slots, of two blocks each."""
    assert images._KEPT_FREE == space.KEPT_FREE
    assert 8192 + images._GROWTH == space.LATER
    assert images._VAULT == 4 * 4096


def test_the_room_for_names_is_what_fits_beside_an_update_a_block_larger():
    filesystem = load_board("pico")["filesystem"]
    tree = {"firmware.mpy": bytes(150_000), "voice": bytes(900_000)}
    blocks = images.room_beside_update(tree, filesystem) // 4096
    assert blocks > 0
    tree["update/firmware.mpy"] = bytes(150_000)
    smaller = filesystem | {"size": filesystem["size"] - 4096}
    assert pack(tree | {"names": bytes(blocks * 4088)}, smaller)
    with pytest.raises(KodebrikError):
        pack(tree | {"names": bytes((blocks + 1) * 4088)}, smaller)


def test_ctrl_c_in_a_callback_of_littlefs_is_not_lost(monkeypatch: pytest.MonkeyPatch):
    """What is raised there goes nowhere: C has called it."""
    read, came = UserContext.read, []

    def interrupted(context: UserContext, *arguments: object) -> bytearray:
        if not came:
            came.append(True)
            signal.raise_signal(signal.SIGINT)
        return read(context, *arguments)

    monkeypatch.setattr(UserContext, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pack({"main.py": b"pass"}, load_board("pico")["filesystem"])


def test_a_frozen_tokens_files_are_those_beside_the_modules(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "pack", lambda language: language.encode())
    monkeypatch.setattr(store, "letters", lambda language: f"letters {language}".encode())
    frozen = build_frozen_tree("kodeoplaeser", ["en", "da"])
    files = build_tree("kodeoplaeser", "pico", languages=["en", "da"])
    assert set(frozen) == {"da.kvp", "en.kvp", "letters.kvp"}
    assert frozen == {path: files[path] for path in frozen}
    assert frozen["letters.kvp"] == b"letters en", "of the image's first language"
    assert build_frozen_tree("kodeviser") == {}

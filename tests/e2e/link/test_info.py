"""What a token says of its condition."""

from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_tree, load_board, pack
from host_tools.link.session import open_session

_KEPT = 8  # blocks for the token's own data, which it does not say are free


@pytest.mark.parametrize(("folders", "free"), [(0, 10), (20, 0)])
def test_a_full_file_system_has_nothing_left_and_not_less(tmp_path: Path, folders: int, free: int):
    """littlefs counts a folder's two blocks twice: a full one would have less than nothing."""
    filesystem = load_board("pico")["filesystem"]
    tree = build_tree("kodeviser", "pico") | {f"{n}/x": b"" for n in range(folders)}
    # of a new folder one block is still erased
    used = _used(pack(tree, filesystem), filesystem["block"]) + folders
    room = filesystem["size"] // filesystem["block"] - _KEPT - used - free
    tree["filling"] = bytes(room * (filesystem["block"] - 8))  # each has a pointer or two
    with Emulator(state=tmp_path, image=pack(tree, filesystem)) as emulator:
        emulator.plug()
        emulator.advance(2)
        info = open_session(emulator.port, None, lambda number: True).info()
    if free:
        assert 0 < info["flash_free"] <= (free + _KEPT) * filesystem["block"]
    else:
        assert info["flash_free"] == 0


def _used(image: bytes, block: int) -> int:
    erased = b"\xff" * block
    return sum(image[at : at + block] != erased for at in range(0, len(image), block))

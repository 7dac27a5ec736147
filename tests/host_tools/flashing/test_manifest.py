"""The manifest of an image: every file by its hash, whole or as the hash of the whole."""

import hashlib
import json

import pytest

from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.flashing import manifest, micropython
from host_tools.image.image import load_board, pack, room_beside_update
from tests.support.flashing import official
from tests.support.flashing.littlefs_reader import files

TREE = {"main.py": b"pass", "firmware/a.mpy": b"code", "da.kvp": bytes(5000)}
BUILD = {"product": "kodeviser", "board": "pico", "languages": ("da", "en"), "production": True}


@pytest.fixture(scope="module")
def built():
    release = micropython.check(official.stand_in("pico"), load_board("pico"))
    return manifest.describe(TREE, release, **BUILD)


def test_every_file_is_there_with_its_hash(built):
    assert built["files"] == {
        path: hashlib.sha256(content).hexdigest() for path, content in TREE.items()
    }
    assert (built["product"], built["board"], built["version"]) == ("kodeviser", "pico", VERSION)
    assert built["languages"] == ["da", "en"]
    assert built["build"] == "production"
    assert built["micropython"] == {
        "version": "1.28.0",
        "date": "2026-04-06",
        "board": official.MACHINES["pico"],
        "sha256": hashlib.sha256(official.stand_in("pico")).hexdigest(),
    }


def test_it_is_a_file_of_the_file_system(built):
    filesystem = load_board("pico")["filesystem"]
    tree, whole = manifest.embed(TREE, built, filesystem)
    found = files(pack(tree, filesystem))
    assert whole
    assert json.loads(found.pop("manifest.json")) == built
    assert found == TREE


def fits(blocks, filesystem):
    """Say whether a file of so many blocks fits beside TREE."""
    try:
        pack(TREE | {"filler": bytes(4096 * blocks)}, filesystem)
    except KodebrikError:
        return False
    return True


def test_where_it_does_not_fit_its_hash_stands_for_it(built):
    """A nearly full board: one block less than the whole manifest needs."""
    filesystem = load_board("pico")["filesystem"]
    large = built | {"files": {f"firmware/{n}.mpy": "0" * 64 for n in range(120)}}
    most = max(blocks for blocks in range(300, 352) if fits(blocks, filesystem))
    full = TREE | {"filler": bytes(4096 * (most - 1))}
    tree, whole = manifest.embed(full, large, filesystem)
    found = json.loads(files(pack(tree, filesystem))["manifest.json"])
    assert not whole
    assert found == manifest.shortened(large)
    assert found["manifest_sha256"] == hashlib.sha256(manifest.encode(large)).hexdigest()
    assert {found[name] for name in ("product", "board", "version", "build")} == {
        "kodeviser",
        "pico",
        VERSION,
        "production",
    }


def test_where_a_token_takes_updates_a_manifest_leaves_room_for_one_and_a_spoken_name(built):
    filesystem = load_board("pico")["filesystem"]
    large = built | {"files": {f"firmware/{n}.mpy": "0" * 64 for n in range(120)}}

    def filled(blocks: int) -> dict[str, bytes]:
        filler = {"filler": bytes(4088 * blocks), "update.key": bytes(32)}
        return TREE | {"firmware.mpy": bytes(150_000)} | filler

    most = max(n for n in range(200, 352) if room_beside_update(filled(n), filesystem) >= 8192)
    assert not manifest.embed(filled(most), large, filesystem)[1]
    assert manifest.embed(filled(most - 3), large, filesystem)[1], "two blocks of a manifest"
    without = {path: content for path, content in filled(most).items() if path != "update.key"}
    assert manifest.embed(without, large, filesystem)[1]


def test_both_forms_are_read_back(built):
    for form in (built, manifest.shortened(built)):
        assert manifest.decode(manifest.encode(form)) == form


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"product":1}', b'{"product":"a","board":"b"}'],
)
def test_a_damaged_one_is_said_so(content):
    with pytest.raises(KodebrikError) as raised:
        manifest.decode(content)
    assert raised.value.identifier == "flash-manifest-damaged"

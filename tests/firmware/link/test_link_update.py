"""The operations of an update: what a token takes, from whom, and what it refuses without any
change of its files."""

import hashlib
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.protocol import messages as m
from firmware.protocol.sentences import ERRORS
from firmware.version import VERSION
from tests.support.link.client import HonestClient
from tests.support.link.token import LinkUnderTest
from tests.support.runtime import Runtime

SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
PACKAGE = bytes(range(256)) * 16


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def sign(body: bytes, key: Ed25519PrivateKey = SIGNER, label: bytes = m.UPDATE_LABEL) -> bytes:
    return key.sign(label + body)


class Updated:
    """A token with an update key, its host, and the folder that stands for its file system."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.token = LinkUnderTest(runtime, m.PRODUCTION)
        self.folder = folder
        self.token("change", "root", str(folder))
        (folder / "update.key").write_bytes(public(SIGNER))
        (folder / "firmware.mpy").write_bytes(b"the old package")
        self.host: HonestClient = self.token.owned()
        self.bytecode = self.token("bytecode")

    def manifest(self, **changes: Any) -> bytes:
        """Give the manifest of an update that fits, but for `changes`; None leaves a field out."""
        fields = {
            "product": "kodeviser",
            "board": "pico",
            "build": m.PRODUCTION,
            "languages": ["da", "en"],
            "version": "9.0.0",
            "minimum": VERSION,
            "bytecode": self.bytecode & 0xFF,
            "size": len(PACKAGE),
            "sha256": hashlib.sha256(PACKAGE).digest(),
        } | changes
        return cbor2.dumps(
            {name: value for name, value in fields.items() if value is not None}, canonical=True
        )

    def begin(self, manifest: bytes, signature: bytes | None = None) -> tuple[int, dict]:
        return self.host.request(
            m.UPDATE_BEGIN,
            manifest=manifest,
            signature=sign(manifest) if signature is None else signature,
        )

    def write(self, offset: int, size: int = 1024) -> int:
        data = PACKAGE[offset : offset + size]
        return self.host.request(m.UPDATE_WRITE, offset=offset, data=data)[0]

    def write_all(self) -> None:
        for offset in range(0, len(PACKAGE), 1024):
            assert self.write(offset) == m.OK

    def finish(self) -> int:
        return self.host.request(m.UPDATE_FINISH)[0]

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def refuses(self, error: int, manifest: bytes, signature: bytes | None = None) -> None:
        before = self.files()
        got, result = self.begin(manifest, signature)
        assert got == error, ERRORS.get(got, "it was taken")
        assert result == {}
        assert self.files() == before


@pytest.fixture
def updated(runtime: Runtime, tmp_path: Path) -> Updated:
    return Updated(runtime, tmp_path)


def test_a_whole_update_is_tried_at_the_next_start(updated: Updated):
    manifest = updated.manifest()
    assert updated.begin(manifest) == (m.OK, {"received": 0})
    updated.write_all()
    assert updated.token("effects")["restarts"] == 0
    assert updated.finish() == m.OK
    assert updated.files() == {
        "firmware.mpy": b"the old package",
        "update.key": public(SIGNER),
        "update/firmware.mpy": PACKAGE,
        "update/manifest": manifest,
        "update/starts": b"",
    }
    assert updated.token("effects")["restarts"] == 1


def test_an_update_goes_on_where_it_was_interrupted(updated: Updated):
    manifest = updated.manifest()
    updated.begin(manifest)
    updated.write(0)
    updated.write(1024, 100)
    updated.token("restart")
    updated.host = updated.token.client().open(bytes(range(32)))
    assert updated.begin(manifest) == (m.OK, {"received": 1124})
    assert updated.write(1124, 1000) == m.OK


def test_another_update_takes_the_place_of_one_that_was_begun(updated: Updated):
    updated.begin(updated.manifest())
    updated.write(0)
    other = updated.manifest(version="9.0.1")
    assert updated.begin(other) == (m.OK, {"received": 0})
    assert updated.files()["update/manifest"] == other
    assert updated.files()["update/package"] == b""


def test_a_lost_answer_writes_nothing_twice(updated: Updated):
    updated.begin(updated.manifest())
    for _ in range(2):
        answer = updated.host.request(m.UPDATE_WRITE, b"the same", offset=0, data=PACKAGE[:1000])
        assert answer == (m.OK, {})
    assert updated.files()["update/package"] == PACKAGE[:1000]


def test_a_token_without_update_key_takes_none(updated: Updated):
    (updated.folder / "update.key").unlink()
    updated.refuses(m.NO_UPDATE_KEY, updated.manifest())
    error, _ = updated.host.request(
        m.UPDATE_KEY, key=public(OTHER), signature=sign(public(OTHER), label=m.UPDATE_KEY_LABEL)
    )
    assert error == m.NO_UPDATE_KEY


def test_a_signature_by_another_key_or_of_something_else_is_refused(updated: Updated):
    manifest = updated.manifest()
    signature = sign(manifest)
    updated.refuses(m.UPDATE_FORGED, manifest, sign(manifest, OTHER))
    updated.refuses(m.UPDATE_FORGED, updated.manifest(size=4097), signature)
    updated.refuses(m.UPDATE_FORGED, manifest, SIGNER.sign(manifest))
    updated.refuses(m.UPDATE_FORGED, manifest, sign(manifest, label=m.UPDATE_KEY_LABEL))
    updated.refuses(m.UPDATE_FORGED, manifest, signature[:-1])
    for byte in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[byte] ^= 1
        updated.refuses(m.UPDATE_FORGED, manifest, bytes(changed))


@pytest.mark.parametrize(
    "changes",
    [
        {"product": "kodeoplaeser"},
        {"board": "pico2"},
        {"build": m.DEVELOPMENT},
        {"languages": ["da"]},
        {"languages": ["en", "da"]},
        {"bytecode": 5},
        {"size": 0},
        {"size": None},
        {"more": 1},
        {"version": "nine"},
        {"version": 9},
        {"minimum": ""},
    ],
    ids=str,
)
def test_what_is_for_another_token_is_refused(updated: Updated, changes: dict):
    updated.refuses(m.UPDATE_UNFIT, updated.manifest(**changes))


@pytest.mark.parametrize("body", [b"", b"\xff", cbor2.dumps([1]), cbor2.dumps("text")], ids=repr)
def test_what_is_no_manifest_is_refused(updated: Updated, body: bytes):
    updated.refuses(m.UPDATE_UNFIT, body)


def test_machine_code_must_be_that_of_this_micropython(updated: Updated):
    own = updated.bytecode >> 8 & 3
    version = updated.bytecode & 0xFF
    assert updated.begin(updated.manifest(bytecode=version | own << 8))[0] == m.OK
    for other in {1, 2, 3} - {own}:
        updated.refuses(m.UPDATE_UNFIT, updated.manifest(bytecode=version | other << 8))


@pytest.mark.parametrize("version", [VERSION, "0.0.9", "0.1.0-rc1", "0.0.1000"])
def test_a_version_never_goes_down(updated: Updated, version: str):
    updated.refuses(m.UPDATE_OLD, updated.manifest(version=version, minimum="0.0.0"))


@pytest.mark.parametrize("version", ["0.1.1", "0.2.0", "0.10.0", "1.0.0", "0.1.10"])
def test_a_newer_version_is_taken(updated: Updated, version: str):
    assert updated.begin(updated.manifest(version=version, minimum="0.0.0"))[0] == m.OK


def test_an_update_that_needs_another_before_it_is_refused(updated: Updated):
    updated.refuses(m.UPDATE_OLD, updated.manifest(minimum="0.1.1"))


def test_an_update_that_does_not_fit_beside_the_firmware_is_refused(updated: Updated):
    updated.refuses(m.UPDATE_NO_ROOM, updated.manifest(size=2**50))


def test_parts_must_follow_each_other(updated: Updated):
    assert updated.write(0) == m.UPDATE_BROKEN, "nothing was begun"
    updated.begin(updated.manifest())
    assert updated.write(1) == m.UPDATE_BROKEN
    error, _ = updated.host.request(m.UPDATE_WRITE, offset=False, data=b"x")
    assert error == m.UPDATE_BROKEN
    assert updated.write(0) == m.OK
    assert updated.write(0) == m.UPDATE_BROKEN
    assert updated.write(1023) == m.UPDATE_BROKEN
    for wrong in (None, "1024", -1, True):
        error, _ = updated.host.request(m.UPDATE_WRITE, offset=wrong, data=b"x")
        assert error == m.UPDATE_BROKEN
    assert updated.files()["update/package"] == PACKAGE[:1024]


@pytest.mark.parametrize("data", [b"", bytes(m.MAX_UPDATE_PART + 1), "text", None, 5])
def test_parts_have_their_size(updated: Updated, data: object):
    updated.begin(updated.manifest())
    assert updated.host.request(m.UPDATE_WRITE, offset=0, data=data)[0] == m.BAD_ARGUMENT


def test_no_more_is_taken_than_was_signed(updated: Updated):
    updated.begin(updated.manifest())
    updated.write_all()
    error, _ = updated.host.request(m.UPDATE_WRITE, offset=len(PACKAGE), data=b"x")
    assert error == m.UPDATE_BROKEN


def test_a_part_of_an_update_is_not_tried(updated: Updated):
    assert updated.finish() == m.UPDATE_BROKEN, "nothing was begun"
    updated.begin(updated.manifest())
    updated.write(0)
    assert updated.finish() == m.UPDATE_BROKEN
    assert updated.files()["update/package"] == PACKAGE[:1024], "it can go on"
    assert "update/starts" not in updated.files()


def test_a_package_with_another_hash_is_forgotten(updated: Updated):
    updated.begin(updated.manifest(sha256=bytes(32)))
    updated.write_all()
    assert updated.finish() == m.UPDATE_BROKEN
    assert updated.files() == {"firmware.mpy": b"the old package", "update.key": public(SIGNER)}
    assert updated.token("effects")["restarts"] == 0


def test_the_update_key_is_replaced_by_one_that_it_has_signed(updated: Updated):
    updated.begin(updated.manifest())
    error, _ = updated.host.request(
        m.UPDATE_KEY, key=public(OTHER), signature=sign(public(OTHER), label=m.UPDATE_KEY_LABEL)
    )
    assert error == m.OK
    assert updated.files() == {"firmware.mpy": b"the old package", "update.key": public(OTHER)}
    manifest = updated.manifest()
    updated.refuses(m.UPDATE_FORGED, manifest)
    assert updated.begin(manifest, sign(manifest, OTHER))[0] == m.OK


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (public(OTHER), sign(public(OTHER))),
        (public(OTHER), sign(public(OTHER), OTHER, m.UPDATE_KEY_LABEL)),
        (public(OTHER), bytes(64)),
    ],
    ids=["signed as a manifest", "signed by itself", "not signed"],
)
def test_an_update_key_is_not_replaced_by_another(updated: Updated, key: bytes, signature: bytes):
    error, _ = updated.host.request(m.UPDATE_KEY, key=key, signature=signature)
    assert error == m.UPDATE_FORGED
    assert updated.files()["update.key"] == public(SIGNER)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), "text", None])
def test_an_update_key_has_32_bytes(updated: Updated, key: object):
    error, _ = updated.host.request(m.UPDATE_KEY, key=key, signature=bytes(64))
    assert error == m.BAD_ARGUMENT


def test_arguments_of_other_types_are_refused(updated: Updated):
    for wrong in (None, "text", 1, [b"x"]):
        error, _ = updated.host.request(m.UPDATE_BEGIN, manifest=wrong, signature=bytes(64))
        assert error == m.BAD_ARGUMENT
        manifest = updated.manifest()
        error, _ = updated.host.request(m.UPDATE_BEGIN, manifest=manifest, signature=wrong)
        assert error == m.BAD_ARGUMENT

"""Updates of the firmware: what a token takes, and from whom. The manifest says what the package
is, and is signed with the update key, of which the token has the public half. Sizes are bytes.

Imported by a request of an update alone.
"""

import sys

from firmware.crypto.ed25519 import verify
from firmware.link.requests import RefusedError
from firmware.protocol import messages
from firmware.protocol.cbor import loads
from firmware.version import VERSION

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, LinkServices

_SAME = ("product", "board", "build")  # fields of the hello and of a manifest
_ENOSPC = 28  # which MicroPython's errno lacks
_BYTECODE, _MACHINE_CODE = 0xFF, 3  # bits of sys.implementation._mpy; the latter are bits 8 and 9


class Update:
    """The update that a host sends. RefusedError with an error number where it cannot be."""

    def __init__(self, identity: dict, languages: tuple, services: "LinkServices"):
        """`identity` is what the hello says of this firmware; `services` as in session.py."""
        self._identity = identity
        self._languages = languages
        self._services = services
        self._slot = services.updates

    def begin(self, manifest: bytes, signature: bytes) -> int:
        """Take the manifest of an update, or the same one again; return how much of its package was
        received."""
        self._require_signed(messages.UPDATE_LABEL, manifest, signature)
        size = self._fitting(manifest)["size"]
        received = self._slot.received(manifest)
        if received is None:
            _stored(self._slot.discard)
            if not self._slot.has_room(size):
                raise RefusedError(messages.UPDATE_NO_ROOM)
            _stored(self._slot.begin, manifest)
            received = 0
        return received

    def write(self, offset: int, data: bytes) -> None:
        """Add the next part of the package; UPDATE_BROKEN for one that does not follow."""
        if type(data) is not bytes or not 0 < len(data) <= messages.MAX_UPDATE_PART:
            raise RefusedError(messages.BAD_ARGUMENT)
        manifest = self._begun()
        received = self._slot.received(manifest)
        follows = type(offset) is int and offset == received
        if not follows or offset + len(data) > loads(manifest)["size"]:
            raise RefusedError(messages.UPDATE_BROKEN)
        _stored(self._slot.append, data)

    def finish(self) -> None:
        """Have the next start try the update, when all of its package is here. What is not that
        package is forgotten."""
        manifest = self._begun()
        wanted = loads(manifest)
        if self._slot.received(manifest) != wanted["size"]:
            raise RefusedError(messages.UPDATE_BROKEN)
        if _stored(self._slot.digest) != wanted["sha256"]:
            _stored(self._slot.discard)
            raise RefusedError(messages.UPDATE_BROKEN)
        _stored(self._slot.start_trial)

    def change_key(self, key: bytes, signature: bytes) -> None:
        """Take another update key, signed with the old one; what was received under that is
        forgotten."""
        if type(key) is not bytes or len(key) != messages.UPDATE_KEY_SIZE:
            raise RefusedError(messages.BAD_ARGUMENT)
        self._require_signed(messages.UPDATE_KEY_LABEL, key, signature)
        _stored(self._slot.discard)
        _stored(self._slot.set_key, key)

    def _require_signed(self, label: bytes, body: bytes, signature: bytes) -> None:
        if type(body) is not bytes or type(signature) is not bytes:
            raise RefusedError(messages.BAD_ARGUMENT)
        key = self._slot.key()
        if key is None:
            raise RefusedError(messages.NO_UPDATE_KEY)
        if not self._services.undisturbed(verify, key, label + body, signature):
            raise RefusedError(messages.UPDATE_FORGED)

    def _fitting(self, manifest: bytes) -> dict:
        """Return a manifest's fields, if the update is for this token."""
        try:
            fields = loads(manifest)
            fits = (
                sorted(fields) == sorted(messages.UPDATE_FIELDS)
                and all(fields[name] == self._identity[name] for name in _SAME)
                and fields["languages"] == list(self._languages)
                and _runs(fields["bytecode"])
                and fields["size"] > 0
            )
            follows = fits and _numbers(fields["version"]) > _numbers(VERSION) >= _numbers(
                fields["minimum"]
            )
        except (ValueError, TypeError, AttributeError):  # signed, but not made by our tools
            raise RefusedError(messages.UPDATE_UNFIT)
        if not fits:
            raise RefusedError(messages.UPDATE_UNFIT)
        if not follows:
            raise RefusedError(messages.UPDATE_OLD)
        return fields

    def _begun(self) -> bytes:
        try:
            manifest = self._slot.manifest()
        except OSError:
            manifest = b""
        if not manifest:
            raise RefusedError(messages.UPDATE_BROKEN)
        return manifest


def _runs(bytecode: int) -> bool:
    """Say whether this MicroPython runs that bytecode, and that machine code in it."""
    here = getattr(sys.implementation, "_mpy", 0)
    machine_code = bytecode >> 8
    return bytecode & _BYTECODE == here & _BYTECODE and machine_code in (
        0,
        here >> 8 & _MACHINE_CODE,
    )


def _numbers(version: str) -> tuple:
    """Return the numbers of a version, to compare: of "1.2.3-rc4" 1, 2 and 3."""
    return tuple([int(part) for part in version.partition("-")[0].split(".")])


def _stored(action: "Callable", *arguments: object) -> "Any":
    """Do something with the flash."""
    try:
        return action(*arguments)
    except OSError as error:
        full = error.errno == _ENOSPC
        raise RefusedError(messages.UPDATE_NO_ROOM if full else messages.STORAGE_FAILED)

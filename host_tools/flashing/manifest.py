"""The manifest of an image: what it was built of, with the SHA-256 of every file in it.

It is the file `manifest.json` of the token's file system. Where the whole does not fit, a short one
stands there that holds the SHA-256 of the whole one, which `kodebrik flash image` has printed.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing.micropython import MicroPython
from host_tools.image.image import UPDATE_KEY, room, room_beside_update

FILE = "manifest.json"
_NAMES = ("product", "board", "version", "build", "form")  # what a short manifest has too
_WHOLE_ONLY = ("languages", "micropython", "files")
_DIGEST = "manifest_sha256"
_SPOKEN_NAME = 8 * 1024  # bytes, of 0.7 s


def describe(  # noqa: PLR0913 - what an image is built of
    tree: dict[str, bytes],
    micropython: MicroPython,
    *,
    product: str,
    board: str,
    languages: Sequence[str],
    production: bool,
) -> dict[str, Any]:
    """Give the manifest of the files `tree` on that MicroPython."""
    return {
        "product": product,
        "board": board,
        "version": VERSION,
        "build": messages.PRODUCTION if production else messages.DEVELOPMENT,
        "form": messages.FILES if micropython.frozen is None else messages.FROZEN,
        "languages": list(languages),
        "micropython": {
            "version": micropython.version,
            "date": micropython.date,
            "board": micropython.machine,
            "sha256": micropython.sha256,
        },
        "files": {path: hashlib.sha256(tree[path]).hexdigest() for path in sorted(tree)},
    }


def encode(manifest: dict[str, Any]) -> bytes:
    """Give the one way in which a manifest is written: without spaces, in its own order."""
    return json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def shortened(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give the short manifest that stands for a whole one."""
    digest = hashlib.sha256(encode(manifest)).hexdigest()
    return {name: manifest[name] for name in _NAMES} | {_DIGEST: digest}


def embed(
    tree: dict[str, bytes], manifest: dict[str, Any], filesystem: dict[str, Any]
) -> tuple[dict[str, bytes], bool]:
    """Give the files with the manifest among them, and whether it is the whole one: that is so
    where it leaves room, on a token that takes updates for one, and a spoken name beside it."""
    whole = tree | {FILE: encode(manifest)}
    if UPDATE_KEY in tree:
        fits = room_beside_update(whole, filesystem) >= _SPOKEN_NAME
    else:
        fits = room(whole, filesystem) >= 0
    return (whole, True) if fits else (tree | {FILE: encode(shortened(manifest))}, False)


def decode(content: bytes) -> dict[str, Any]:
    """Give the manifest, whole or short, of an image; KodebrikError when it is none."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if (
        not isinstance(found, dict)
        or not all(isinstance(found.get(name), str) for name in _NAMES)
        or not (_DIGEST in found or all(name in found for name in _WHOLE_ONLY))
    ):
        raise KodebrikError("flash-manifest-damaged", ExitCode.BAD_INPUT)
    return found

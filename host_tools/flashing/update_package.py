"""Updates of the firmware as files: the package of a product on a board, with its manifest and the
signature of whoever hands it out. A file is a map in CBOR."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cbor2

from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image import image
from host_tools.link.replies import Hello
from host_tools.link.update import SignedUpdate

_KIND = "kodebrik update"
_MEMBERS = {"kind", "manifest", "signature", "package"}
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[\w.+-]+)?")


@dataclass(frozen=True)
class UpdatePackage:
    """An update that is signed; `fields` is what its manifest says."""

    signed: SignedUpdate
    fields: dict[str, Any]

    @property
    def product(self) -> str:
        """The token's product, as its hello names it."""
        return str(self.fields["product"])

    @property
    def version(self) -> str:
        """The firmware's version, as its hello names it."""
        return str(self.fields["version"])

    def encode(self) -> bytes:
        """Give the content of the file."""
        return cbor2.dumps({"kind": _KIND, **vars(self.signed)}, canonical=True)


def build(  # noqa: PLR0913 - what an image is built of
    sign: Callable[[bytes], bytes],
    *,
    product: str,
    board: str,
    production: bool,
    languages: Sequence[str] | None,
    minimum: str,
) -> UpdatePackage:
    """Build the firmware of a product on a board, and have its manifest signed.

    `minimum` is the oldest version of the firmware that may be updated with it.
    """
    check_minimum(minimum)
    files = image.build_package(product, board, production, languages)
    return assemble(
        sign,
        image.pack_package(files, production),
        product=product,
        board=board,
        build=messages.PRODUCTION if production else messages.DEVELOPMENT,
        languages=list(image.carried_languages(image.load_product(product), languages)),
        version=VERSION,
        minimum=minimum,
        bytecode=bytecode(files),
    )


def check_minimum(version: str) -> None:
    """Raise KodebrikError unless `version` is one, and older than the firmware's: no other token
    would take the update."""
    if not _VERSION.fullmatch(version):
        raise KodebrikError("update-version-invalid", ExitCode.USAGE, version=version)
    if _numbers(version) >= _numbers(VERSION):
        raise KodebrikError("update-minimum-high", ExitCode.USAGE, minimum=version, version=VERSION)


def assemble(sign: Callable[[bytes], bytes], package: bytes, **fields: Any) -> UpdatePackage:
    """Put a package, the other fields of its manifest and the signature together."""
    fields |= {"size": len(package), "sha256": hashlib.sha256(package).digest()}
    manifest = cbor2.dumps(fields, canonical=True)
    return UpdatePackage(SignedUpdate(manifest, sign(manifest), package), fields)


def bytecode(files: dict[str, bytes]) -> int:
    """Give what the modules of a package ask of MicroPython (py/persistentcode.c): their second
    byte is the bytecode's version, the lower two bits of the third that of the machine code, where
    there is any."""
    modules = [code for name, code in files.items() if name.endswith(".mpy")]
    return max(code[1] | (code[2] & 3) << 8 for code in modules)


def read(content: bytes) -> UpdatePackage:
    """Read a file; KodebrikError when it is none of ours, or damaged. The signature is for the
    token to check."""
    try:
        found = cbor2.loads(content)
        fields = cbor2.loads(found["manifest"])
        package = found["package"]
        good = (
            set(found) == _MEMBERS
            and found["kind"] == _KIND
            and set(fields) == set(messages.UPDATE_FIELDS)
            and fields["size"] == len(package)
            and all(_VERSION.fullmatch(fields[name]) for name in ("version", "minimum"))
            and fields["sha256"] == hashlib.sha256(package).digest()
        )
    except (cbor2.CBORError, KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise KodebrikError("update-file-invalid", ExitCode.BAD_INPUT)
    return UpdatePackage(SignedUpdate(found["manifest"], found["signature"], package), fields)


def check(update: UpdatePackage, hello: Hello, languages: list[str] | None) -> None:
    """Raise KodebrikError when the token could not take the update, with both sides' names; it
    checks that itself, too. `languages` are the token's, None where it does not say them."""
    if hello.form == messages.FROZEN:
        raise KodebrikError("update-frozen", ExitCode.CONFLICT)
    for name in ("product", "board", "build"):
        if update.fields[name] != getattr(hello, name):
            raise KodebrikError(
                "update-for-other",
                ExitCode.CONFLICT,
                wanted=str(update.fields[name]),
                found=getattr(hello, name),
            )
    if languages not in (None, update.fields["languages"]):
        raise KodebrikError(
            "update-other-languages",
            ExitCode.CONFLICT,
            wanted=",".join(map(str, update.fields["languages"])),
            found=",".join(languages),
        )
    if _numbers(update.version) <= _numbers(hello.version):
        raise KodebrikError(
            "update-not-newer", ExitCode.CONFLICT, version=update.version, found=hello.version
        )
    if _numbers(hello.version) < _numbers(update.fields["minimum"]):
        raise KodebrikError(
            "update-between",
            ExitCode.CONFLICT,
            version=update.version,
            found=hello.version,
            minimum=str(update.fields["minimum"]),
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.partition("-")[0].split(".")]

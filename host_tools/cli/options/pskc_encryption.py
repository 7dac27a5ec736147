"""Options that name what a PSKC file is encrypted under: a key or a passphrase agreed with the
other side."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret

KEY_SIZES = (16, 24, 32)  # bytes: AES-128, -192, -256

EncryptionKeyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with the agreed key: 32, 48 or 64 hexadecimal digits."),
]
EncryptionPassphraseFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with the agreed passphrase, instead of a key."),
]


@dataclass(frozen=True)
class PskcEncryption:
    """What opens or seals a PSKC file; at most one is there."""

    key: Secret | None
    passphrase: Secret | None


def read_encryption(key_file: Path | None, passphrase_file: Path | None) -> PskcEncryption:
    """Read the files that the options name."""
    if key_file is not None and passphrase_file is not None:
        raise KodebrikError(
            "A PSKC file is encrypted under a key or under a passphrase.",
            "Give one of --encryption-key-file and --encryption-passphrase-file.",
            ExitCode.USAGE,
        )
    if passphrase_file is not None:
        text = private_files.read_text(str(passphrase_file), warn)
        if not text:
            raise KodebrikError(
                f"{passphrase_file} is empty.", "Write the passphrase into it.", ExitCode.BAD_INPUT
            )
        return PskcEncryption(None, Secret(text.encode()))
    return PskcEncryption(None if key_file is None else _key(key_file), None)


def _key(path: Path) -> Secret:
    try:
        key = bytes.fromhex(private_files.read_text(str(path), warn))
    except ValueError:  # its text quotes a digit of the key
        key = b""
    if len(key) not in KEY_SIZES:
        raise KodebrikError(
            f"{path} does not hold a key.",
            "It has 32, 48 or 64 hexadecimal digits.",
            ExitCode.BAD_INPUT,
        )
    return Secret(key)

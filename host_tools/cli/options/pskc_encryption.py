"""Options that name the encryption key of a PSKC file (RFC 6030 section 6): pre-shared, or derived
from a passphrase; both are agreed with the other side."""

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
    """What encrypts a PSKC file: a pre-shared key, a passphrase, or (both None) nothing."""

    key: Secret | None
    passphrase: Secret | None


@dataclass(frozen=True)
class PskcEncryptionOptions:
    """The options of a command that reads or writes an encrypted PSKC file."""

    encryption_key_file: EncryptionKeyFile = None
    encryption_passphrase_file: EncryptionPassphraseFile = None

    def read(self) -> PskcEncryption:
        """Read the file that an option names; KodebrikError when both are given, or for a bad
        key or an empty passphrase."""
        if self.encryption_key_file is not None and self.encryption_passphrase_file is not None:
            raise KodebrikError("pskc-two-keys", ExitCode.USAGE)
        if self.encryption_passphrase_file is not None:
            text = private_files.read_text(str(self.encryption_passphrase_file), warn)
            if not text:
                raise KodebrikError(
                    "passphrase-file-empty",
                    ExitCode.BAD_INPUT,
                    path=self.encryption_passphrase_file,
                )
            return PskcEncryption(None, Secret(text.encode()))
        return PskcEncryption(
            None if self.encryption_key_file is None else _key(self.encryption_key_file), None
        )


def _key(path: Path) -> Secret:
    try:
        key = bytes.fromhex(private_files.read_text(str(path), warn))
    except ValueError:  # its text quotes a digit of the key
        key = b""
    if len(key) not in KEY_SIZES:
        raise KodebrikError("transport-key-invalid", ExitCode.BAD_INPUT, path=path)
    return Secret(key)

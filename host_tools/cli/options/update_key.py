"""Options for update keys, and how a command gets them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from host_tools import private_files
from host_tools.cli.options.keyring import unsealed
from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.provisioning import update_key_file
from host_tools.provisioning.update_key_file import UpdateKey

UpdateKeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The update key file. Default: the one that 'kodebrik flash keys create' made.",
    ),
]
PublicUpdateKey = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=(
            "The public key of 'kodebrik flash keys create', for updates. Default: the token "
            "takes none."
        ),
    ),
]
UpdatePassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=(
            "File with the update key file's passphrase. Default: KODEBRIK_PASSPHRASE, or asked "
            "for."
        ),
    ),
]


@dataclass(frozen=True)
class UpdateKeyOptions:
    """The options of a command that signs with the update key."""

    update_key_file: UpdateKeyFile = None
    update_passphrase_file: UpdatePassphraseFile = None

    @property
    def path(self) -> Path:
        """The path of the key file."""
        return self.update_key_file or default_update_key_file()

    def key(self) -> UpdateKey:
        """Read the update key; KodebrikError when there is none or it does not open."""
        if str(self.path) != "-" and not self.path.exists():
            raise KodebrikError("update-key-missing", ExitCode.WRONG_KEY, path=self.path)
        warnings: list[str] = []
        content = private_files.read(str(self.path), warnings.append)
        update_key_file.check_private(content, self.path)
        for line in warnings:
            warn(line)
        opening = partial(update_key_file.unseal, content)
        message = Message("flash-keys.opening")
        return unsealed(opening, self.path, self.update_passphrase_file, message)


def public_key(path: Path | None) -> bytes | None:
    """Read the public update key that a token is to have; KodebrikError when there is none."""
    if path is None:
        return None
    return update_key_file.read_public(private_files.read(str(path), lambda line: None), path)


def default_update_key_file() -> Path:
    """Give the path of the update key file when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "update.key"

"""Options for the issuer key, and how a command gets issuer keys, access keys and passphrases.

They come from files, the environment or the operator, never from the command line, which every
user of the computer can read (ps).
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import platformdirs
import typer

from host_tools import private_files
from host_tools.cli.output import TRIES, ask, ask_unseen, say, step, unechoed, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.provisioning import access_key, issuer_key_file
from host_tools.secret import Secret

Key = TypeVar("Key")
IssuerKeyFile = Annotated[
    Path | None,
    typer.Option(
        envvar="KODEBRIK_KEY_FILE",
        metavar="FILE",
        help=(
            "The issuer key file. Default: the one that 'kodebrik keys create' made. "
            "KODEBRIK_ISSUER_KEY goes before."
        ),
    ),
]
AccessKeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="This token's own access key, as 'kodebrik keys derive' writes it."
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=(
            "File with the issuer key file's passphrase. Default: KODEBRIK_PASSPHRASE, or asked "
            "for."
        ),
    ),
]


@dataclass(frozen=True)
class IssuerKeyOptions:
    """The options of a command that needs the issuer key."""

    key_file: IssuerKeyFile = None
    passphrase_file: PassphraseFile = None

    def issuer_key(self) -> Secret:
        """Read the issuer key; KodebrikError when there is none or it does not open."""
        return Keyring(self.key_file, None, self.passphrase_file).issuer_key()


class Keyring:
    """The issuer key and access key that one command may use, each read when first needed."""

    def __init__(
        self, key_file: Path | None, access_key_file: Path | None, passphrase_file: Path | None
    ) -> None:
        """Each path as the option of that name gave it."""
        self._key_file = key_file
        self._access_key_file = access_key_file
        self._passphrase_file = passphrase_file
        self._issuer_key: Secret | None = None

    @property
    def available(self) -> bool:
        """Say whether an issuer key or access key was named, or the default file exists."""
        named = self._access_key_file or self._key_file or "KODEBRIK_ISSUER_KEY" in os.environ
        return bool(named) or default_issuer_key_file().exists()

    @property
    def has_access_key(self) -> bool:
        """Say whether --access-key-file was given."""
        return self._access_key_file is not None

    def access_key(self, serial: str) -> Secret:
        """Give the access key that opens token `serial`: read from --access-key-file if given,
        else derived from the issuer key."""
        if self._access_key_file is None:
            return access_key.derive(self.issuer_key(), serial)
        text = private_files.read_text(str(self._access_key_file), warn)
        return access_key.parse_hex(text, str(self._access_key_file))

    def new_access_key(self, serial: str) -> Secret:
        """Give the access key to store on token `serial`: derived from the issuer key if there is
        one, else read from --access-key-file."""
        only_own = self.has_access_key and not Keyring(self._key_file, None, None).available
        return self.access_key(serial) if only_own else access_key.derive(self.issuer_key(), serial)

    def issuer_key(self) -> Secret:
        """Give the issuer key, from KODEBRIK_ISSUER_KEY or the key file."""
        if self._issuer_key is None:
            self._issuer_key = self._read_issuer_key()
        return self._issuer_key

    @property
    def opened_issuer_key(self) -> Secret | None:
        """The issuer key if this command has already read it, else None; never asks for a
        passphrase."""
        return self._issuer_key

    def _read_issuer_key(self) -> Secret:
        text = os.environ.get("KODEBRIK_ISSUER_KEY")
        if text is not None:
            return access_key.parse_hex(
                text.strip(), Message("variable-named", name="KODEBRIK_ISSUER_KEY")
            )
        path = self._key_file or default_issuer_key_file()
        if self._key_file is None and not path.exists():
            raise KodebrikError("issuer-key-missing", ExitCode.WRONG_KEY)
        content = private_files.read(str(path), warn)
        opening = partial(issuer_key_file.unseal, content)
        return unsealed(opening, path, self._passphrase_file, Message("keys.opening"))


def default_issuer_key_file() -> Path:
    """Give the path of the issuer key file when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "issuer.key"


def unsealed(
    unseal: Callable[[Secret], Key], path: Path, passphrase_file: Path | None, opening: Message
) -> Key:
    """Give what `unseal` makes of the passphrase of the key file at `path`; one that is typed may
    be mistyped twice. `opening` is shown meanwhile."""
    for again in reversed(range(TRIES if _is_typed(passphrase_file) else 1)):
        phrase = passphrase(passphrase_file, Message("prompt.passphrase", path=path))
        try:
            with unechoed(), step(opening):
                return unseal(phrase)
        except KodebrikError as error:
            if error.identifier != "issuer-key-wrong-passphrase" or not again:
                raise
            say(error.message)
    raise AssertionError  # the last try has given a key, or raised


def _is_typed(passphrase_file: Path | None) -> bool:
    """Say whether passphrase() asks the operator."""
    given = passphrase_file is not None or "KODEBRIK_PASSPHRASE" in os.environ
    return not given and sys.stdin.isatty()


def passphrase(path: Path | None, question: str, new: bool = False) -> Secret:
    """Give a passphrase: from `path`, else KODEBRIK_PASSPHRASE, else typed by the operator.

    `question` is the prompt; a `new` one is checked, and typed again for confirmation.
    """
    if path is not None:
        text = private_files.read_text(str(path), warn)
    elif "KODEBRIK_PASSPHRASE" in os.environ:
        text = os.environ["KODEBRIK_PASSPHRASE"]
    elif sys.stdin.isatty():
        check = issuer_key_file.check_passphrase
        text = ask_unseen(question, check) if new else ask(question, hidden=True)
    else:
        raise KodebrikError(
            "issuer-passphrase-missing-new" if new else "issuer-passphrase-missing",
            ExitCode.WRONG_KEY,
        )
    if new:
        issuer_key_file.check_passphrase(text)
    return Secret(text.encode())

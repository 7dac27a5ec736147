"""Options that several batch commands share."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools.cli.output import language as command_language
from host_tools.cli.output import say
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import catalogue
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.validator import public_url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LONGEST_SITE = 500  # characters: a QR code for a phone to read from paper
BatchName = Annotated[
    str | None,
    typer.Option("--batch", metavar="NAME", help="The batch. Default: the only one not done."),
]
PassportKey = Annotated[
    Path | None,
    typer.Option(
        envvar="KODEBRIK_PASSPORT_KEY",
        metavar="FILE",
        help="The key that signs test passports. Default: this user's, which is made.",
    ),
]

DocumentLanguage = Annotated[
    str | None, typer.Option("--language", help="da or en. Default: the language of the command.")
]


def signing_key(path: Path | None) -> "Ed25519PrivateKey":
    """Give the key that signs passports: in `path`, or this user's, which is made when there is
    none."""
    from host_tools.factory import passport  # noqa: PLC0415 - slow to load

    if path is not None:
        return passport.load_key(path)
    path = default_passport_key()
    if path.exists():
        return passport.load_key(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = passport.create_key(path)
    fingerprint = passport.fingerprint(key.public_key())
    say(
        Message(
            "passport.key-made",
            path=path,
            public=passport.public_file(path),
            fingerprint=fingerprint,
        )
    )
    return key


def default_passport_key() -> Path:
    """Give the path of the passport key when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "passport.key"


def checked_language(given: str | None) -> str:
    """Give the language that a document is to have; KodebrikError for one without a catalogue."""
    chosen = given or command_language.get()
    if chosen not in catalogue.LANGUAGES:
        raise KodebrikError(
            "letter-language-unknown",
            ExitCode.USAGE,
            language=chosen,
            choices=", ".join(catalogue.LANGUAGES),
        )
    return chosen


def checked_site(given: str | None) -> str | None:
    """Give the address of a page as people and QR codes read it; KodebrikError for what is none."""
    if given is None:
        return None
    try:
        if len(given) > _LONGEST_SITE:
            raise ValueError(given)
        return public_url.checked(given)
    except ValueError:
        raise KodebrikError("letter-site-invalid", ExitCode.USAGE) from None


def make_folder(path: Path) -> None:
    """Make a folder unless it is there; KodebrikError when that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give where to write a file that holds no secret; it is `path` when the block has ended well.
    KodebrikError when it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        os.close(handle)
        part = Path(name)
        try:
            yield part
            part.chmod(0o644)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None

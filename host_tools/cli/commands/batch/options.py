"""Options that several batch commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools import whole_files
from host_tools.cli.options.documents import checked_language, checked_site
from host_tools.cli.output import language as command_language
from host_tools.cli.output import say
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

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


def document_language(given: str | None) -> str:
    """Give the language that a document is to have: the given one, else the command's."""
    return checked_language(given or command_language.get())


def page_for_qr_code(given: str | None) -> str | None:
    """Give the address of a page that stands as a QR code, too; KodebrikError for what is none."""
    return checked_site(given, _LONGEST_SITE)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give where to write a file that holds no secret; it is `path` when the block has ended well.
    KodebrikError when it cannot be written."""
    try:
        with whole_files.replacing(path.absolute(), 0o644) as part:
            yield part
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None

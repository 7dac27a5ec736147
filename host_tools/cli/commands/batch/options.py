"""Options that several batch commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools.cli.output import say
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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

"""Options that name the validator's database and master key, and how a command opens the validator
with them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from host_tools.validator.service import Validator

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="KODEBRIK_DATABASE",
        help="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME. A URL with a password belongs into the variable."
        " Default: a file of this user.",
    ),
]
MasterKeyPlace = Annotated[
    str | None,
    typer.Option(
        "--master-key",
        metavar="FILE|URI",
        help="The master key: a file, or pkcs11:token=…;object=…?module-path=…."
        " Default: the variable KODEBRIK_MASTER_KEY, else a file of this user.",
    ),
]


def open_validator(database: str | None, key: str | None, create: bool = True) -> "Validator":
    """Open the validator that the two options name; KodebrikError says what is missing.

    Unless told to `create`, a database in a file must be there.
    """
    path = _default_database() if database is None else Path(database.removeprefix("sqlite:///"))
    if not create and (database is None or database.startswith("sqlite:///")) and not path.exists():
        raise KodebrikError(
            f"There is no database {path}.", "Name yours with --database.", ExitCode.FILE
        )
    with installed():
        from host_tools.validator.keys.locate import open_key  # noqa: PLC0415 - an extra
        from host_tools.validator.service import Validator  # noqa: PLC0415 - an extra, and 300 ms

        opened = open_key(
            key_place(database, key)
        )  # first: it looks whether the database is there already
        return Validator(database_url(database), opened)


def database_url(given: str | None) -> str:
    """Give the database's URL; a default file gets its folder."""
    if given is not None:
        return given
    path = _default_database()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def key_place(database: str | None, given: str | None) -> str | None:
    """Say where the master key is (None: in the environment); beside a new default database, one is
    made."""
    from host_tools.validator.keys import master_key  # noqa: PLC0415 - an extra

    if given is not None or master_key.VARIABLE in os.environ:
        return given
    path = default_key_file()
    if not path.exists() and database is None and not _default_database().exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        master_key.create_file(path)
        warn(
            f"A master key was made in {path}. Keep a copy elsewhere: without it the database is worth nothing."
        )
    return str(path) if path.exists() else None


def default_key_file() -> Path:
    """Give the path of the master key file when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "master.key"


def _default_database() -> Path:
    return Path(platformdirs.user_data_dir("kodebrik")) / "validator.db"


@contextmanager
def installed() -> Iterator[None]:
    """Say what to install when a part of the server is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("host_tools"):
            raise
        raise KodebrikError(
            f"The validation server is not installed: {error.name} is missing.",
            "Install it with: pip install 'kodebrik[server]'",
            ExitCode.NOT_INSTALLED,
        ) from None

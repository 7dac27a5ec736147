"""Options that name the validator's database and master key, and how a command opens the validator
with them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools.cli.output import say, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.validator.keys.master_key import MasterKey
    from host_tools.validator.service import Validator
    from host_tools.validator.user_id import UserIdRule

ACTOR = "command line"  # as the audit names whoever runs a command

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="KODEBRIK_DATABASE",
        help="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME. A URL with a password belongs "
        "into the variable. Default: a file of this user.",
    ),
]
MasterKeyLocation = Annotated[
    str | None,
    typer.Option(
        "--master-key",
        metavar="FILE|URI",
        help="The master key: a file, or pkcs11:token=…;object=…?module-path=…."
        " Default: the variable KODEBRIK_MASTER_KEY, else a file of this user.",
    ),
]


ServerSettings = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", help="The server's settings, for what user-IDs it takes."
    ),
]


@dataclass(frozen=True)
class ValidatorOptions:
    """The options of a command that works on the validator's database."""

    database: Database = None
    master_key: MasterKeyLocation = None

    def open(self, create: bool = True, settings: Path | None = None) -> "Validator":
        """As open_validator()."""
        return open_validator(self.database, self.master_key, create, settings)


def open_validator(
    database: str | None,
    master_key: str | None,
    create: bool = True,
    settings: Path | None = None,
) -> "Validator":
    """Open the validator with a database URL and a master key's location (None: the defaults), and
    with the user-IDs of the server's settings.

    A new database is made, which is said, and so is its master key when there is none yet. Unless
    told to `create`, database and key must exist. KodebrikError says what is missing.
    """
    if not create:
        require_database(database)
    with from_extra("not-installed-server"):
        from host_tools.validator.keys.locate import open_key  # noqa: PLC0415 - an extra
        from host_tools.validator.service import Validator  # noqa: PLC0415 - an extra, and 300 ms

        user_ids = user_id_rule(settings)
        url = database_url(database)
        if not create:
            return Validator(url, existing_master_key(master_key), user_ids=user_ids, create=False)
        key = open_key(master_key_location(url, master_key))
        opened = Validator(url, key, user_ids=user_ids)
        if opened.is_new:
            say_new(opened.database_name)
        return opened


def say_new(name: str) -> None:
    """Say that the database was not there yet: whoever mistyped its name must notice."""
    say(Message("database-made", name=name))


def user_id_rule(settings: Path | None) -> "UserIdRule":
    """Give what user-IDs the server takes, by its settings file."""
    with from_extra("not-installed-server"):
        from host_tools.validator.user_id import UserIdRule  # noqa: PLC0415 - an extra

        if settings is None:
            return UserIdRule()
        from host_tools.validator.server import settings_file  # noqa: PLC0415 - an extra, and slow

        return settings_file.load(settings).user_ids.rule


def require_database(given: str | None) -> None:
    """Raise KodebrikError when a database URL (None: the default) names an SQLite file that does
    not exist."""
    path = _default_database() if given is None else Path(given.removeprefix("sqlite:///"))
    if (given is None or given.startswith("sqlite:///")) and not path.exists():
        raise KodebrikError("database-missing", ExitCode.FILE, path=path)


def database_url(given: str | None) -> str:
    """Give the database's URL; the folder of the default database is made."""
    if given is not None:
        return given
    path = _default_database()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def master_key_location(url: str, given: str | None) -> str | None:
    """Say where the master key of the database at `url` is: a file, a PKCS#11 URI, or None for the
    environment.

    When no key is named and this user has none, one is made in the default file, unless the
    database was made with another key.
    """
    from host_tools.validator.keys import master_key  # noqa: PLC0415 - an extra

    if given is not None or master_key.VARIABLE in os.environ:
        return given
    path = default_master_key_file()
    if path.exists() or _made_master_key(url, path):
        return str(path)
    return None


def has_master_key(given: str | None) -> bool:
    """Say whether a master key is named, or this user has one."""
    from host_tools.validator.keys import master_key  # noqa: PLC0415 - an extra

    named = given is not None or master_key.VARIABLE in os.environ
    return named or default_master_key_file().exists()


def existing_master_key(given: str | None) -> "MasterKey":
    """Open the master key that is named, or this user's; KodebrikError when there is none."""
    from host_tools.validator.keys import master_key  # noqa: PLC0415 - an extra
    from host_tools.validator.keys.locate import open_key  # noqa: PLC0415 - an extra

    path = default_master_key_file()
    if given is None and master_key.VARIABLE not in os.environ and path.exists():
        given = str(path)
    return open_key(given)


def _made_master_key(url: str, path: Path) -> bool:
    """Make a master key in `path` and the database with it; False, and no key, when the database
    has another one."""
    from host_tools.validator.keys import master_key  # noqa: PLC0415 - an extra
    from host_tools.validator.service import Validator, is_validator  # noqa: PLC0415 - an extra

    if is_validator(url):
        return path.exists()  # another command may have made both meanwhile
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file comes first: a database whose key was lost in between could never be opened.
    try:
        key = master_key.create_file(path)
    except KodebrikError:
        if path.exists():  # another command has made it meanwhile
            return True
        raise
    try:
        with Validator(url, key) as made:
            if made.is_new:
                say_new(made.database_name)
    except KodebrikError as error:
        if error.exit_code == ExitCode.WRONG_KEY:
            path.unlink()
            return False
        _warn_of_copy(path)
        raise
    _warn_of_copy(path)
    return True


def _warn_of_copy(path: Path) -> None:
    warn(Message("server.key-made", path=path))


def default_master_key_file() -> Path:
    """Give the path of the master key file when none is named."""
    return Path(platformdirs.user_config_dir("kodebrik")) / "master.key"


def _default_database() -> Path:
    return Path(platformdirs.user_data_dir("kodebrik")) / "validator.db"

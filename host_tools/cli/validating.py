"""Options that name the validator's database and master key, and how a command opens the validator with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from host_tools.cli.output import warn
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from host_tools.validator.master_key import MasterKey
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


def open_validator(database: str | None, key: str | None) -> "Validator":
    """Open the validator that the two options name; KodebrikError says what is missing."""
    with _installed():
        from host_tools.validator.service import Validator  # noqa: PLC0415 - an extra, and 300 ms

        return Validator(database_url(database), master_key(database, key))


def database_url(given: str | None) -> str:
    """Give the database's URL; a default file gets its folder."""
    if given is not None:
        return given
    folder = Path(platformdirs.user_data_dir("kodebrik"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'validator.db'}"


def master_key(database: str | None, given: str | None) -> "MasterKey":
    """Read the master key; beside a default database that does not exist yet, one is made."""
    from host_tools.validator import master_key as keys  # noqa: PLC0415 - an extra

    if given is not None and given.startswith("pkcs11:"):
        from host_tools.validator import pkcs11_key  # noqa: PLC0415 - an extra

        return pkcs11_key.Pkcs11Key(pkcs11_key.parse(given))
    if given is not None:
        return keys.from_file(Path(given))
    from_environment = keys.from_environment()
    if from_environment is not None:
        return from_environment
    path = Path(platformdirs.user_config_dir("kodebrik")) / "master.key"
    if path.exists():
        return keys.from_file(path)
    if database is not None or Path(database_url(None).removeprefix("sqlite:///")).exists():
        raise KodebrikError(
            "There is no master key.",
            "Name it with --master-key, or make one with 'kodebrik server create-key'.",
            ExitCode.WRONG_KEY,
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = keys.create_file(path)
    warn(f"A master key was made in {path}. Keep a copy of it elsewhere: without it the database is worth nothing.")
    return made


class _installed:  # noqa: N801 - used as a statement
    """Say what to install when a part of the server is missing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("host_tools"):
            raise KodebrikError(
                f"The validation server is not installed: {error.name} is missing.",
                "Install it with: pip install 'kodebrik[server]'",
                ExitCode.NOT_INSTALLED,
            ) from None

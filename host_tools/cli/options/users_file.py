"""The file of --users: which token goes to whom."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.errors import KodebrikError
from host_tools.exchange import assignments, formats
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.validator.user_id import UserIdRule


def read(path: Path) -> Mapping[str, str]:
    """Give the user-IDs by serial number."""
    with formats.opened(path) as file:
        return assignments.read(file)


def check(path: Path, users: Mapping[str, str], rule: "UserIdRule") -> None:
    """Raise KodebrikError, with its line, for the first user-ID that the server does not take."""
    for serial, user in users.items():
        try:
            rule.validated(user)
        except KodebrikError as error:
            _name_line(path, serial, error)
            raise


@contextmanager
def lines_named(path: Path | None) -> Iterator[None]:
    """Put the line of the file, if there is one, before what an error says of one of its tokens."""
    try:
        yield
    except KodebrikError as error:
        serial = error.message.arguments.get("serial")
        if path is not None and isinstance(serial, str):
            _name_line(path, serial, error)
        raise


def _name_line(path: Path, serial: str, error: KodebrikError) -> None:
    with formats.opened(path) as file:
        line = next(
            (one.line for one in assignments.assignments(file) if one.serial == serial), None
        )
    if line is not None:  # else the file is another one by now
        error.message = Message("users-line", path=path, line=line, what=error.message)

"""The lines of a CSV file: its encoding, delimiter and comments, and what spreadsheet programs do
to fields.

Marks that a spreadsheet put around a field (="00012345", '00100) are taken off; where it lost or
added something (2.3E+12, 12345678.0, #####), the file is refused.
"""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message

_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
_GUARD = re.compile(r"""="([^"]*)"|'([^']+)'?""")
# Numbers as a spreadsheet rounds them, columns too narrow to show, and its errors.
_LOST = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?E[+-][0-9]+|[0-9]+[.,][0-9]+E[0-9]+"
    r"|\#{2,}|\#(?:N/A|NAME\?|VALUE!|REF!|DIV/0!|NUM!|NULL!|I/T|VÆRDI!|REFERENCE!)",
    re.IGNORECASE,
)


class Row(NamedTuple):
    """A line of the file, counted from 1, and its fields without blanks around them."""

    line: int
    fields: list[str]


class Table:
    """A CSV file: `version`, which a first comment names ("# version: 2", privacyIDEA), else 0, and
    the `count` of its rows."""

    def __init__(self, file: BinaryIO) -> None:
        """Go through the lines once: they are counted, and none is kept."""
        self._file = file
        version = re.match(r"#\s*version:\s*(\d{1,3})\b", next(text_encoding.lines(file), ""))
        self.version = int(version[1]) if version else 0
        lines = _filled_lines(file)
        self._first, first = next(lines, (1, ""))
        named = _SEPARATOR_LINE.fullmatch(first.strip())
        self._first += bool(named)
        self._delimiter = named[1] if named else max(_DELIMITERS, key=first.count)
        self.count = (bool(first) and not named) + sum(1 for _ in lines)

    def rows(self, remarks: Remarks) -> Iterator[Row]:
        """Give the lines that hold something; KodebrikError names the first that is not CSV."""
        for number, line in _filled_lines(self._file):
            if number >= self._first:
                yield Row(number, _fields(number, line, self._delimiter, remarks))


def _filled_lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Give the lines that hold something, numbered from 1."""
    for number, line in enumerate(text_encoding.lines(file), 1):
        if line.strip(" " + _DELIMITERS) and not _is_comment(line):
            yield number, line


def _is_comment(line: str) -> bool:
    """Say whether a line begins with "#", and not with a field that a spreadsheet hid (#####)."""
    first, *others = re.split(f"[{_DELIMITERS}]", line)
    return line[:1] == "#" and not (others and _LOST.fullmatch(first.strip()))


def _fields(number: int, line: str, delimiter: str, remarks: Remarks) -> list[str]:
    try:
        fields = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise bad("csv-invalid", line=number) from None
    return [_restored(number, field.strip(), remarks) for field in fields]


def _restored(number: int, field: str, remarks: Remarks) -> str:
    guarded = _GUARD.fullmatch(field)
    if guarded:
        remarks.warn(Message("place-line", line=number), Message("csv-marks-removed"))
        field = (guarded[1] or guarded[2] or "").strip()
    if _LOST.fullmatch(field):
        raise bad("csv-rounded", where=Message("place-line", line=number))
    if field.startswith("="):
        raise bad("csv-formula", where=Message("place-line", line=number))
    return field

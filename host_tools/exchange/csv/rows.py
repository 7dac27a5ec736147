"""The lines of a CSV file: its encoding, delimiter and comments, and what spreadsheet programs do
to fields.

Marks that a spreadsheet put around a field (="00012345", '00100) are taken off; where it lost or
added something (2.3E+12, 12345678.0, #####), the file is refused.
"""

import csv
import re
from typing import NamedTuple

from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks, check_size
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


def read(content: bytes, remarks: Remarks) -> tuple[int, list[Row]]:
    """Give the version that a first comment names ("# version: 2", privacyIDEA), else 0, and the
    lines that hold something. KodebrikError names the first line that is not CSV."""
    check_size(content)
    lines = re.split(r"\r\n|\r|\n", text_encoding.decode(content))
    version = re.match(r"#\s*version:\s*(\d{1,3})\b", lines[0])
    kept = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip(" " + _DELIMITERS) and not _is_comment(line)
    ]
    named = _SEPARATOR_LINE.fullmatch(kept[0][1].strip()) if kept else None
    if named:
        kept = kept[1:]
    delimiter = named[1] if named else max(_DELIMITERS, key=(kept[0][1] if kept else "").count)
    rows = [Row(number, _fields(number, line, delimiter, remarks)) for number, line in kept]
    return int(version[1]) if version else 0, rows


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

"""Exports of password managers in CSV: a line of names, then an entry a row, whose fields may hold
line ends (RFC 4180)."""

import csv
import io
from collections.abc import Iterator, Sequence

from host_tools.exchange import text_encoding
from host_tools.exchange.authenticators.entry import place, printable
from host_tools.exchange.key_package import bad
from host_tools.messages.catalogue import Message


def named(
    content: bytes, known: Sequence[str], needed: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows with their numbers from 1, their fields by column name in lower case.

    KodebrikError for CSV that is damaged, a column that is not among `known`, one that stands
    twice, and a row that has another number of fields.
    """
    rows = csv.reader(io.StringIO(text_encoding.decode(content), newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        _check_header(header, known, needed)
        for number, row in enumerate((row for row in rows if row), 1):
            if len(row) != len(header):
                raise bad(
                    "export-field-count", where=place(number), fields=len(row), columns=len(header)
                )
            yield number, dict(zip(header, (field.strip() for field in row), strict=True))
    except csv.Error:
        raise bad("csv-invalid", line=rows.line_num) from None


def _check_header(header: Sequence[str], known: Sequence[str], needed: str) -> None:
    where = Message("place-file")
    for name in header:
        if name not in known:
            raise bad("export-field-unknown", where=where, field=printable(name))
        if header.count(name) > 1:
            raise bad("export-field-twice", where=where, field=name)
    if needed not in header:
        raise bad("export-field-missing", where=where, field=needed)

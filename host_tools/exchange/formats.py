"""Reads a file of tokens in any supported format, told apart by its content.

A new format is one entry of FORMATS.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import foreign_files, otpauth
from host_tools.exchange.authenticators.parsing import qr_pictures
from host_tools.exchange.authenticators.readers import READERS
from host_tools.exchange.csv import dialects as csv_dialects
from host_tools.exchange.key_package import bad
from host_tools.exchange.pskc import reader as pskc_reader
from host_tools.exchange.token_file import MAX_SIZE, NO_OPTIONS, ReadOptions, TokenFile
from host_tools.messages.system_errors import reason


class Format(NamedTuple):
    """A format: its name in results and messages, and how its files are recognised and read.

    `needs` says what decrypts a file ("key" or "passphrase"), or None when nothing in it is
    encrypted.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, ReadOptions], TokenFile]
    needs: Callable[[bytes], str | None] = lambda _: None


# The first that recognises a file reads it; CSV, which has no mark of its own, is the last.
FORMATS = (
    Format(
        qr_pictures.NAME,
        qr_pictures.recognises,
        lambda content, options: read(qr_pictures.read(content), options),
    ),
    *(Format(*reader) for reader in READERS),
    Format("pskc", pskc_reader.recognises, pskc_reader.read, pskc_reader.needs),
    Format("otpauth", otpauth.recognises, otpauth.read),
    Format("foreign", foreign_files.recognises, foreign_files.refuse),
    Format("csv", lambda _: True, csv_dialects.read),
)


def load(path: Path) -> bytes:
    """Read a file, at most one byte more than MAX_SIZE: read() then refuses it as too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def detect(content: bytes) -> Format:
    """Give the format of a file's content."""
    return next(form for form in FORMATS if form.recognises(content))


def read(content: bytes, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give the tokens of a file's content, and the remarks; KodebrikError names the first invalid
    token."""
    form = detect(content)
    if options.dialect is not None and form.name not in ("csv", "foreign"):
        raise bad("dialect-not-csv", format=form.name)
    return form.read(content, options)

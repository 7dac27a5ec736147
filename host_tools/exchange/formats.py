"""Reads a file of tokens in any supported format, told apart by its content.

A new format is one entry of FORMATS.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import foreign_files, otpauth
from host_tools.exchange.authenticators.parsing import qr_pictures
from host_tools.exchange.authenticators.readers import READERS
from host_tools.exchange.csv import dialects as csv_dialects
from host_tools.exchange.key_package import bad
from host_tools.exchange.pskc import reader as pskc_reader
from host_tools.exchange.token_file import (
    NO_OPTIONS,
    ReadOptions,
    TokenFile,
    beginning,
    content,
)
from host_tools.messages.system_errors import reason

_ReadContent = Callable[[bytes, ReadOptions], TokenFile]


class Format(NamedTuple):
    """A format: its name in results and messages, how its files are recognised by their beginning,
    and how they are read."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[BinaryIO, ReadOptions], TokenFile]


def _small(name: str, recognises: Callable[[bytes], bool], read_content: _ReadContent) -> Format:
    """Give a format whose files are read into memory, at most MAX_SIZE bytes."""
    return Format(name, recognises, lambda file, options: read_content(content(file), options))


# The first that recognises a file reads it; CSV, which has no mark of its own, is the last.
FORMATS = (
    _small(
        qr_pictures.NAME,
        qr_pictures.recognises,
        lambda picture, options: read_content(qr_pictures.read(picture), options),
    ),
    *(_small(*reader) for reader in READERS),
    Format("pskc", pskc_reader.recognises, pskc_reader.read),
    _small("otpauth", otpauth.recognises, otpauth.read),
    _small("foreign", foreign_files.recognises, foreign_files.refuse),
    Format("csv", lambda _: True, csv_dialects.read),
)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for read(); KodebrikError when that is not possible."""
    try:
        with path.open("rb") as file:
            # What cannot be read twice, such as a pipe, is held in memory.
            yield file if file.seekable() else io.BytesIO(file.read())
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def detect(start: bytes) -> Format:
    """Give the format of a file, by its beginning."""
    return next(form for form in FORMATS if form.recognises(start))


def read(file: BinaryIO, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give the tokens of a file of any size, and the remarks; KodebrikError names the first invalid
    token, or is for a file that is not encrypted although a key or passphrase was given."""
    found = read_one_of_several(file, options)
    refuse_unencrypted(options, found)
    found.remarks.compare_secrets(found.tokens)
    return found


def read_one_of_several(file: BinaryIO, options: ReadOptions) -> TokenFile:
    """Give the tokens of a file as read() does; a key or passphrase may be for another one."""
    form = detect(beginning(file))
    if options.dialect is not None and form.name not in ("csv", "foreign"):
        raise bad("dialect-not-csv", format=form.name)
    return form.read(file, options)


def refuse_unencrypted(options: ReadOptions, found: TokenFile) -> None:
    """Raise KodebrikError when a key or passphrase was given and has decrypted nothing: whoever can
    replace a file could have made it."""
    if (options.key or options.passphrase) and not found.was_encrypted:
        raise bad("file-unencrypted")


def read_content(whole: bytes, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give the tokens of a file's content as read() does."""
    return read(io.BytesIO(whole), options)

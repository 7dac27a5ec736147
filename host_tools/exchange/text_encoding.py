"""Text of unknown encoding: UTF-8, or UTF-16 as spreadsheets ("Unicode text") and Windows write it,
with and without byte order mark."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from host_tools.exchange.key_package import bad

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16le",
    codecs.BOM_UTF16_BE: "utf-16be",
}
_SAMPLE = 64  # bytes: enough to see the zeros that ASCII has in UTF-16
_START = 8192  # bytes
_CHUNK = 2**16  # bytes that are read at a time
_LONGEST_LINE = 2**20  # characters


def decode(content: bytes) -> str:
    """Give the text without its mark; KodebrikError when it is in no encoding that is read."""
    mark, encoding = detect(content)
    try:
        return content.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError:
        raise bad("file-encoding-unknown") from None


def lines(file: BinaryIO) -> Iterator[str]:
    """Give a text's lines without their ends (CR LF, LF or CR), one by one from its beginning;
    KodebrikError when it is in no encoding that is read, or a line is endless."""
    file.seek(0)
    mark, encoding = detect(file.read(_SAMPLE))
    file.seek(len(mark))
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    chunk, begun = b"\n", ""
    while chunk:
        chunk = file.read(_CHUNK)
        try:
            begun += decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            raise bad("file-encoding-unknown") from None
        *whole, begun = begun.split("\n")
        yield from whole
        if len(begun) > _LONGEST_LINE:
            raise bad("file-line-endless", characters=_LONGEST_LINE)
    if begun:
        yield begun


def start(content: bytes) -> str:
    """Give the first characters of a file in lower case, without white space before them."""
    mark, encoding = detect(content)
    text = content[:_START].removeprefix(mark).decode(encoding, errors="replace")
    return text.lstrip().lower()


def detect(content: bytes) -> tuple[bytes, str]:
    """Give the byte order mark of a text, if any, and its encoding, by its first bytes."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return mark, encoding
    even, odd = content[:_SAMPLE:2], content[1:_SAMPLE:2]
    if odd and not any(odd) and all(even):
        return b"", "utf-16le"
    if odd and not any(even) and all(odd):
        return b"", "utf-16be"
    return b"", "utf-8"

"""Text of unknown encoding: UTF-8, or UTF-16 as spreadsheets ("Unicode text") and Windows write it,
with and without byte order mark."""

import codecs

from host_tools.exchange.key_package import bad

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SAMPLE = 64  # bytes: enough to see the zeros that ASCII has in UTF-16
_START = 8192  # bytes


def decode(content: bytes) -> str:
    """Give the text without its mark; KodebrikError when it is in no encoding that is read."""
    mark, encoding = _encoding(content)
    try:
        return content.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError:
        raise bad("file-encoding-unknown") from None


def is_utf16(content: bytes) -> bool:
    """Say whether a file is in UTF-16, by its mark or its zeros."""
    return _encoding(content)[1] != "utf-8"


def start(content: bytes) -> str:
    """Give the first characters of a file in lower case, without white space before them."""
    mark, encoding = _encoding(content)
    text = content[:_START].removeprefix(mark).decode(encoding, errors="replace")
    return text.lstrip().lower()


def _encoding(content: bytes) -> tuple[bytes, str]:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return mark, encoding
    even, odd = content[:_SAMPLE:2], content[1:_SAMPLE:2]
    if odd and not any(odd) and all(even):
        return b"", "utf-16-le"
    if odd and not any(even) and all(odd):
        return b"", "utf-16-be"
    return b"", "utf-8"

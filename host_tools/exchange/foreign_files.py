"""Files that users take for lists of tokens and that are none: each is refused as what it is."""

from typing import NoReturn

from host_tools.exchange import text_encoding
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11\xe0")
_DOCUMENTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_PGP = "-----begin pgp"
_AGE = ("age-encryption.org/", "-----begin age encrypted file")


def recognises(content: bytes) -> bool:
    """Say whether a file is of a kind that refuse() names."""
    return content.startswith((*_ARCHIVES, *_DOCUMENTS)) or text_encoding.start(content).startswith(
        (_PGP, *_AGE, "{", "[")
    )


def refuse(content: bytes, _: ReadOptions) -> NoReturn:
    """Raise KodebrikError that says what the file is."""
    if content.startswith(_ARCHIVES):
        raise bad("file-is-archive")
    if content.startswith(_DOCUMENTS):
        raise bad("file-is-document")
    start = text_encoding.start(content)
    if start.startswith(_AGE):
        raise bad("file-is-age")
    raise bad("file-is-pgp" if start.startswith(_PGP) else "file-is-json")

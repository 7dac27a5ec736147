"""Several files of tokens as one import: each in its own format, save that the parts of one Google
Authenticator export, as texts or pictures, belong together."""

import io
from collections.abc import Sequence
from pathlib import PurePath
from typing import BinaryIO

from host_tools.exchange import formats, text_encoding
from host_tools.exchange.authenticators import google_migration
from host_tools.exchange.authenticators.parsing import qr_pictures
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.exchange.token_file import (
    NO_OPTIONS,
    ReadOptions,
    Remarks,
    TokenFile,
    beginning,
    content,
)
from host_tools.messages.catalogue import Message

NamedFile = tuple[PurePath, BinaryIO]


def read(files: Sequence[NamedFile], options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give the tokens of all files; KodebrikError names the first invalid token, or a serial number
    that two files have, or is for a key or passphrase that decrypts none of them."""
    if len(files) == 1:
        return formats.read(files[0][1], options)
    names, tokens, remarks, was_encrypted = dict[str, None](), SealedTokens(), Remarks(), False
    for name, file in _joined(files):
        found = formats.read_one_of_several(file, options)
        for token in found.tokens:
            tokens.add(token, Message("file-named", path=name))
        names[found.format] = None
        remarks.add(found.remarks)
        was_encrypted = was_encrypted or found.was_encrypted
    together = TokenFile("; ".join(names), tokens, remarks, was_encrypted)
    formats.refuse_unencrypted(options, together)
    remarks.compare_secrets(tokens)
    return together


def _joined(files: Sequence[NamedFile]) -> list[NamedFile]:
    """Give the files, pictures as the texts in them, the parts of a Google Authenticator export as
    one in the place of the first."""
    found: list[NamedFile] = []
    parts: list[str] = []
    place = 0
    for name, given in files:
        is_picture = qr_pictures.recognises(beginning(given))
        file = io.BytesIO(qr_pictures.read(content(given))) if is_picture else given
        if not google_migration.recognises(beginning(file)):
            found.append((name, file))
            continue
        if not parts:
            place = len(found)
            found.append((name, file))
        parts.append(text_encoding.decode(content(file)))
    if parts:
        found[place] = found[place][0], io.BytesIO("\n".join(parts).encode())
    return found

"""Several files of tokens as one import: each in its own format, save that the parts of one Google
Authenticator export, as texts or pictures, belong together."""

from collections.abc import Sequence
from pathlib import PurePath

from host_tools.exchange import formats, key_package, text_encoding
from host_tools.exchange.authenticators import google_migration
from host_tools.exchange.authenticators.parsing import qr_pictures
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, TokenFile
from host_tools.messages.catalogue import Message


def read(
    files: Sequence[tuple[PurePath, bytes]], options: ReadOptions = NO_OPTIONS
) -> list[TokenFile]:
    """Read the contents of files by their names; KodebrikError names the first invalid token, or a
    serial number that two of them have."""
    readable = [
        (name, qr_pictures.read(content) if qr_pictures.recognises(content) else content)
        for name, content in files
    ]
    parts = [(name, content) for name, content in readable if google_migration.recognises(content)]
    if len(parts) > 1:
        whole = "\n".join(text_encoding.decode(content) for _, content in parts).encode()
        readable = [(parts[0][0], whole), *(one for one in readable if one not in parts)]
    found = [(name, formats.read(content, options)) for name, content in readable]
    key_package.check_distinct(
        (token.serial, Message("file-named", path=name))
        for name, file in found
        for token in file.tokens
    )
    return [file for _, file in found]

"""Several files of tokens as one import: each in its own format, save that the parts of one Google
Authenticator export, as texts or pictures, belong together."""

from collections.abc import Sequence
from pathlib import PurePath

from host_tools.exchange import formats, key_package, text_encoding
from host_tools.exchange.authenticators import google_migration
from host_tools.exchange.authenticators.parsing import qr_pictures
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message

NamedContent = tuple[PurePath, bytes]


def read(files: Sequence[NamedContent], options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give the tokens of all files, each a name and a content; KodebrikError names the first
    invalid token, or a serial number that two files have."""
    found = [(name, formats.read(content, options)) for name, content in _joined(files)]
    key_package.check_distinct(
        (token.serial, Message("file-named", path=name))
        for name, file in found
        for token in file.tokens
    )
    remarks = Remarks()
    for _, file in found:
        remarks.add(file.remarks)
    names = dict.fromkeys(file.format for _, file in found)
    return TokenFile(
        "; ".join(names), [token for _, file in found for token in file.tokens], remarks
    )


def _joined(files: Sequence[NamedContent]) -> list[NamedContent]:
    """Give the files as texts, the parts of a Google Authenticator export as one."""
    if len(files) == 1:
        return list(files)
    texts = [
        (name, qr_pictures.read(content) if qr_pictures.recognises(content) else content)
        for name, content in files
    ]
    parts = [text for text in texts if google_migration.recognises(text[1])]
    if len(parts) < 2:  # noqa: PLR2004 - to be joined
        return texts
    whole = "\n".join(text_encoding.decode(content) for _, content in parts).encode()
    return [(parts[0][0], whole), *(text for text in texts if text not in parts)]

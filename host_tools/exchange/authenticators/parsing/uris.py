"""otpauth:// URIs inside of exports, with what single apps add to them.

Other kinds than TOTP and HOTP, which apps write in the same form, are refused by name.
"""

import re
from typing import NoReturn

from host_tools.errors import KodebrikError
from host_tools.exchange import otpauth, text_encoding
from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind
from host_tools.exchange.authenticators.parsing import recognition
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks
from host_tools.messages.catalogue import Message

_START = re.compile(r"(?:otpauth://)?([a-z0-9]+)(?::/)?/", re.IGNORECASE)

_OTHER_KIND = re.compile(
    r"\s*(?:otpauth://(?!totp/|hotp/)[a-z0-9]+/|motp://|steam://)", re.IGNORECASE
)


def recognises_other_kind(content: bytes) -> bool:
    """Say whether a list of URIs has one of another kind than TOTP and HOTP."""
    if not recognition.first_line(content).startswith(("otpauth:", "motp:", "steam:", "#")):
        return False
    return any(map(_OTHER_KIND.match, text_encoding.decode(content).splitlines()))


def refuse_other_kind(content: bytes, _: ReadOptions) -> NoReturn:
    """Raise the KodebrikError that names the first such line and its kind."""
    for number, line in enumerate(text_encoding.decode(content).splitlines(), 1):
        if _OTHER_KIND.match(line):
            check_uri(Message("place-line", line=number), line)
    raise bad("otpauth-list-empty")


def check_uri(where: Message, uri: str) -> None:
    """Raise KodebrikError that names the kind of a URI that is neither TOTP's nor HOTP's."""
    start = _START.match(uri.strip())
    if start:
        check_kind(where, start.group(1).lower())


def entry(
    where: Message, uri: str, remarks: Remarks, name: tuple[str, str] | None = None
) -> ExportedAccount:
    """Give the entry of a URI; KodebrikError for what is not one that a token supports.

    `name` is (issuer, account) where the export keeps both beside the URI.
    """
    check_uri(where, uri)
    try:
        credential = otpauth.parse(uri, None if name is None else "x", remarks)
    except KodebrikError as error:
        raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
    issuer, _, account = credential.name.rpartition(":")
    if name is not None:
        issuer, account = name
    return ExportedAccount(
        where,
        credential.kind,
        credential.secret,
        issuer,
        account,
        credential.algorithm,
        credential.digits,
        period=credential.period or 30,
        counter=credential.counter,
    )

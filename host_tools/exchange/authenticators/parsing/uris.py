"""otpauth:// URIs inside of exports, with what single apps add to them.

Other kinds than TOTP and HOTP, which apps write in the same form, are refused by name.
"""

import re

from host_tools.errors import KodebrikError
from host_tools.exchange import otpauth
from host_tools.exchange.authenticators.entry import Entry, check_kind
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message

_START = re.compile(r"(?:otpauth://)?([a-z0-9]+)(?::/)?/", re.IGNORECASE)


def entry(where: Message, uri: str, remarks: Remarks, name: tuple[str, str] | None = None) -> Entry:
    """Give the entry of a URI; KodebrikError for what is not one that a token supports.

    `name` is (issuer, account) where the export keeps both beside the URI.
    """
    start = _START.match(uri.strip())
    if start:
        check_kind(where, start.group(1).lower())
    try:
        credential = otpauth.parse(uri, None if name is None else "x", remarks)
    except KodebrikError as error:
        raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
    issuer, _, account = credential.name.rpartition(":")
    if name is not None:
        issuer, account = name
    return Entry(
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

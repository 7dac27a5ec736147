"""One entry of an authenticator's export, in the form that all formats share, and the key packages
that entries become.

The serial number of a token from an export is the entry's account; where that is empty or stands
more than once in the file, it is "issuer:account". White space in it becomes a hyphen.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from host_tools.exchange import key_package
from host_tools.exchange.key_package import bad
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.secret import Secret

KINDS = ("totp", "hotp")
_MOST_SHOWN = 24  # characters; a secret of 128 bits has 26 and more


@dataclass(frozen=True)
class ExportedAccount:
    """An account of an authenticator: a TOTP entry has a `period` (seconds), an HOTP entry a
    `counter` (the next to use).

    `where` begins messages about it.
    """

    where: Message
    kind: str
    secret: Secret
    issuer: str
    account: str
    algorithm: str
    digits: int
    period: int = 30
    counter: int | None = None


def place(number: int, name: str = "") -> Message:
    """Give the place of the entry `number` of a file, from 1, for messages, with its name."""
    shown = printable(name)
    if not shown:
        return Message("place-entry", number=number)
    return Message("place-entry-named", number=number, name=shown)


def printable(text: str) -> str:
    """Give the printable characters of a text out of a file for a message, or "…" if it is so long
    that it could be a secret in the wrong field."""
    if len(text) > _MOST_SHOWN:
        return "…"
    return "".join(letter for letter in text if letter.isprintable())


def check_kind(where: Message, kind: str, *, upper: bool = False) -> str:
    """Give "totp" or "hotp"; KodebrikError names any other kind. `upper` is for apps that write
    kinds in upper case; to them lower case would be another."""
    if kind not in (name.upper() if upper else name for name in KINDS):
        raise bad("export-kind", where=where, kind=printable(kind))
    return kind.lower()


def key_packages(
    entries: Sequence[ExportedAccount], progress: Progress | None = None
) -> SealedTokens:
    """Give the key packages of a file's entries; KodebrikError when there are none, when one is
    not what a token supports, or when two have the same serial number."""
    if not entries:
        raise bad("file-without-token")
    accounts = Counter(_without_spaces(entry.account) for entry in entries)
    found = SealedTokens()
    for number, entry in enumerate(entries, 1):
        account, issuer = _without_spaces(entry.account), _without_spaces(entry.issuer)
        alone = account and accounts[account] == 1
        serial = account if alone else ":".join(filter(None, (issuer, account)))
        token = key_package.make(
            entry.where,
            serial=serial,
            secret=entry.secret,
            kind=entry.kind,
            name=":".join(filter(None, (entry.issuer.strip(), entry.account.strip()))),
            algorithm=entry.algorithm,
            digits=entry.digits,
            period=entry.period,
            counter=entry.counter,
        )
        found.add(token, entry.where)
        if progress:
            progress(number, len(entries))
    return found


def _without_spaces(name: str) -> str:
    return "-".join(name.split())

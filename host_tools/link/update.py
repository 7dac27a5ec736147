"""Sends an update of the firmware to a token. Sizes are bytes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from firmware.protocol import messages
from host_tools.errors import TokenError
from host_tools.link import replies
from host_tools.link.replies import GarbageError
from host_tools.link.session import Session
from host_tools.progress import Progress


@dataclass(frozen=True)
class SignedUpdate:
    """A package of the firmware, and its manifest with the signature over it."""

    manifest: bytes
    signature: bytes
    package: bytes


@dataclass(frozen=True)
class KeyStatement:
    """A new update key, signed with the one before."""

    key: bytes
    signature: bytes


def send(
    session: Session, update: SignedUpdate, statements: Sequence[KeyStatement], report: Progress
) -> None:
    """Send an update from where an earlier try ended; the token then starts anew, with the update.

    `statements`, oldest first, lead from the token's update key to the one that signed the update.
    TokenError when the token refuses it.
    """
    size = len(update.package)
    received = _begin(session, update, statements)
    report(received, size)
    while received < size:
        part = update.package[received : received + messages.MAX_UPDATE_PART]
        session.request(messages.UPDATE_WRITE, {"offset": received, "data": part})
        received += len(part)
        report(received, size)
    with suppress(GarbageError):  # the answer was lost: the next hello says what became of it
        session.request(messages.UPDATE_FINISH, repeat=False)


def _begin(session: Session, update: SignedUpdate, statements: Sequence[KeyStatement]) -> int:
    """Give how much of the package the token has."""
    begin = {"manifest": update.manifest, "signature": update.signature}
    try:
        answer = session.request(messages.UPDATE_BEGIN, begin)
    except TokenError as error:
        if error.number != messages.UPDATE_FORGED or not statements:
            raise
        for statement in statements:
            _change_key(session, statement)
        answer = session.request(messages.UPDATE_BEGIN, begin)
    received: int = replies.take(answer, received=replies.number(0, len(update.package)))[
        "received"
    ]
    return received


def _change_key(session: Session, statement: KeyStatement) -> None:
    """Have the token take a new update key; nothing happens where that was made by another key than
    the token's, as one is that it took before."""
    try:
        session.request(
            messages.UPDATE_KEY, {"key": statement.key, "signature": statement.signature}
        )
    except TokenError as error:
        if error.number != messages.UPDATE_FORGED:
            raise

"""Gives a token the spoken name of an account: what is to be said becomes a clip, which is sent
before the account and kept with it. A token without it spells the name, or says the account's
number."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.extras import from_extra
from host_tools.link.session import Session
from host_tools.messages.catalogue import Message

# What keeps a name from being spoken, and an account from nothing.
_WITHOUT_CLIP = (
    "not-installed-voice",
    "spoken-name-long",
    "spoken-name-no-room",
    "spoken-name-unsupported",
    "synthesiser-failed",
)


@dataclass(frozen=True)
class Wish:
    """What a token is to say for an account's name: a text, or a file ending in .wav; None for the
    name itself, where that can be. `spelled`: no clip at all."""

    said: str | None = None
    spelled: bool = False

    def __post_init__(self) -> None:
        """KodebrikError for both."""
        if self.spelled and self.said is not None:
            raise KodebrikError("spoken-name-both", ExitCode.USAGE)


@dataclass(frozen=True)
class Sent:
    """The clip that a token has been sent, by its CRC-32; None for none, because of `reason`, which
    is None too where none was wished or the token has no voice."""

    checksum: int | None
    reason: Message | None = None


def speaks(settings: Mapping[str, Any]) -> bool:
    """Say whether a token with these settings has a voice."""
    return "speed" in settings


def send(
    session: Session, account: str, wish: Wish, settings: Mapping[str, Any] | None = None
) -> Sent:
    """Send the clip for an account, unless the token has it already; keep() is to follow when the
    account is stored. `settings` are the token's; None: it is asked for them.

    KodebrikError when what was wished for expressly cannot be had; nothing has changed then.
    """
    settings = session.settings() if settings is None else settings
    if wish.spelled or (not speaks(settings) and wish.said is None):
        return Sent(None)
    try:
        if not speaks(settings):
            raise _unsupported(session)
        pack = _clip(wish.said or account, settings["language"])
        checksum = crc32(pack)
        if all(each.name != account or each.spoken != checksum for each in session.accounts()):
            _upload(session, pack)
    except KodebrikError as error:
        if wish.said is not None or error.identifier not in _WITHOUT_CLIP:
            raise
        return Sent(None, error.message)
    return Sent(checksum)


def keep(session: Session, account: str, sent: Sent) -> None:
    """Let the clip be the name of an account that is stored now; without one an earlier clip
    goes."""
    held = {each.name: each.spoken for each in session.accounts()}
    if held.get(account) != sent.checksum:
        session.keep_name(account, sent.checksum)


def _upload(session: Session, pack: bytes) -> None:
    try:
        for offset in range(0, len(pack), messages.NAME_PART):
            session.write_name(offset, pack[offset : offset + messages.NAME_PART])
    except TokenError as error:
        if error.number == messages.UNKNOWN_OPERATION:
            raise _unsupported(session) from None
        if error.number == messages.STORAGE_FAILED:
            raise KodebrikError("spoken-name-no-room", ExitCode.CONFLICT, size=len(pack)) from None
        raise


def _clip(said: str, language: str) -> bytes:
    with from_extra("not-installed-voice"):
        from host_tools.voice import spoken_name  # noqa: PLC0415 - an extra
    if said.lower().endswith(".wav"):
        return spoken_name.recorded(Path(said))
    return spoken_name.synthesised(said, language)


def _unsupported(session: Session) -> KodebrikError:
    return KodebrikError(
        "spoken-name-unsupported",
        ExitCode.USAGE,
        product=session.hello.product,
        serial=session.hello.serial,
    )

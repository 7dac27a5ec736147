"""Importing tokens: all of them or none, in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from host_tools.progress import Progress
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.records import NewToken, Status
from host_tools.validator.rule.drift import DOUBT_SET, LARGEST_PPM, TokenClock
from host_tools.validator.store import audit_chain, token_rows
from host_tools.validator.store.audit_chain import Detail, Head, Note
from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.tables import audit as audit_table
from host_tools.validator.store.tables import chains, tokens
from host_tools.validator.store.unit_of_work import Ledger

LARGEST_WINDOW, LARGEST_LOOK_AHEAD = 10, 100  # steps to either side; counters
ACTIVATION_TRIES = 3
_LONGEST_SERIAL = 64  # characters
_AT_ONCE = 500  # tokens written by one statement

_KNOWN = select(tokens.c.serial).where(tokens.c.serial.in_(bindparam("serials", expanding=True)))
_FORMER = select(chains).where(chains.c.chain.in_(bindparam("serials", expanding=True)))


def import_tokens(ledger: Ledger, new: Sequence[NewToken], progress: Progress | None) -> int:
    """Write them all; KodebrikError names the first that cannot be imported."""
    serials = [_serial(token) for token in new]
    _refuse_doubles(serials)
    key = ledger.keys.latest(ledger.connection)
    for start in range(0, len(new), _AT_ONCE):
        part = new[start : start + _AT_ONCE]
        heads = _heads(ledger, serials[start : start + _AT_ONCE])
        written = [_row(token, key, heads.get(token.serial, Head()), ledger) for token in part]
        ledger.connection.execute(insert(tokens), [row for row, _ in written])
        ledger.connection.execute(insert(audit_table), [entry for _, entry in written])
        if heads:
            ledger.connection.execute(delete(chains).where(chains.c.chain.in_(heads)))
        for token in part:
            ledger.note_server("create", {"serial": token.serial})
        if progress is not None:
            progress(start + len(part), len(new))
    return len(new)


def checked_window(window: int) -> int:
    """Give it back when it is a window; KodebrikError otherwise."""
    if not 0 <= window <= LARGEST_WINDOW:
        raise InvalidError(
            f"A window has 0 to {LARGEST_WINDOW} steps to either side.", "Give a smaller one."
        )
    return window


def checked_look_ahead(look_ahead: int) -> int:
    """Give it back when it is a look-ahead; KodebrikError otherwise."""
    if not 0 <= look_ahead <= LARGEST_LOOK_AHEAD:
        raise InvalidError(
            f"A look-ahead has 0 to {LARGEST_LOOK_AHEAD} counters.", "Give a smaller one."
        )
    return look_ahead


def checked_ppm(ppm: float) -> float:
    """Give it back when a clock can be off by so much; KodebrikError otherwise."""
    if not 0 <= ppm <= LARGEST_PPM:
        raise InvalidError(
            f"A clock is off by 0 to {LARGEST_PPM:g} ppm.", "Give what its data sheet says."
        )
    return ppm


def _serial(token: NewToken) -> str:
    serial = token.serial
    if (
        not serial
        or len(serial) > _LONGEST_SERIAL
        or not serial.isprintable()
        or any(map(str.isspace, serial))
    ):
        raise InvalidError(
            f"{serial[:_LONGEST_SERIAL]!r} is not a serial number.",
            f"It has 1 to {_LONGEST_SERIAL} printable characters and no blanks.",
        )
    return serial


def _refuse_doubles(serials: Sequence[str]) -> None:
    seen: set[str] = set()
    for serial in serials:
        if serial in seen:
            raise InvalidError(
                f"The token {serial} is to be imported twice.",
                "Remove one of the two; nothing was imported.",
            )
        seen.add(serial)


def _heads(ledger: Ledger, serials: list[str]) -> dict[str, Head]:
    known = ledger.connection.execute(_KNOWN, {"serials": serials}).scalars().first()
    if known is not None:
        raise ConflictError(
            f"The token {known} is here already; nothing was imported.",
            "Take it out of the file, or delete it first.",
        )
    former = ledger.connection.execute(_FORMER, {"serials": serials})
    return {row.chain: Head(row.audit_sequence, row.audit_mac) for row in former}


def _row(
    token: NewToken, key: DataKey, head: Head, ledger: Ledger
) -> tuple[dict[str, Any], dict[str, Any]]:
    credential, now = token.credential, ledger.now
    kind, digits, period = credential.kind, credential.digits, credential.period
    algorithm = credential.algorithm
    if token.suite is not None:
        kind, (digits, period), algorithm = "ocra", _suite(token.suite, token.serial), "SHA1"
    set_at, ppm = (
        now if token.clock_set_at is None else token.clock_set_at,
        checked_ppm(token.clock_ppm),
    )
    detail: Detail = {"kind": kind, "digits": digits, "period": period}
    new_head, entry = audit_chain.entry(
        key, token.serial, head, Note(now, ledger.actor, "import", detail)
    )
    row = {
        "serial": token.serial,
        "status": Status.STOCK.value,
        "owner_id": None,
        "kind": kind,
        "algorithm": algorithm,
        "digits": digits,
        "period": period,
        "suite": token.suite,
        "sealed": key.seal(credential.secret, token.serial),
        "data_key": key.id,
        "accept_window": checked_window(token.window),
        "look_ahead": checked_look_ahead(token.look_ahead),
        "last_step": -1 if credential.counter is None else credential.counter - 1,
        "last_accepted_at": None,
        "failures": 0,
        "locked_until": 0.0,
        "created_at": now,
        "activated_at": None,
        "activation_hash": None,
        "activation_key": None,
        "activation_expires_at": None,
        "activation_tries": 0,
        "audit_sequence": new_head.sequence,
        "audit_mac": new_head.mac,
        "audit_key": key.id,
    } | token_rows.clock_columns(TokenClock(0.0, set_at, DOUBT_SET, ppm=ppm))
    return row | {
        "audit_seal": audit_chain.seal(key, token.serial, new_head, token_rows.sealed_part(row))
    }, entry


def _suite(suite: str, serial: str) -> tuple[int, int | None]:
    try:
        return token_rows.digits_and_period(suite)
    except ValueError as error:
        raise InvalidError(
            f"The suite of the token {serial} is not usable: {error}.", "Nothing was imported."
        ) from None

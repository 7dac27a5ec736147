"""Rows of the table `tokens` as the rule's state, as what administrators see, and as what a seal
covers."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Double, LargeBinary

from host_tools.otp import codes
from host_tools.secret import Secret
from host_tools.validator.records import Status, Token
from host_tools.validator.rule.acceptance import TokenState
from host_tools.validator.rule.drift import TokenClock, believed
from host_tools.validator.rule.window import Generator
from host_tools.validator.store.tables import tokens

Row = Mapping[str, Any]

# All that a seal covers: everything but the number, what rotation changes, and the seal itself.
_SEALED = [
    column.name
    for column in tokens.columns
    if column.name
    not in (
        "id",
        "sealed",
        "data_key",
        "audit_sequence",
        "audit_mac",
        "audit_seal",
        "audit_key",
    )
]
_SEALED_BYTES = [
    place for place, name in enumerate(_SEALED) if isinstance(tokens.c[name].type, LargeBinary)
]
_SEALED_DOUBLES = [
    place for place, name in enumerate(_SEALED) if isinstance(tokens.c[name].type, Double)
]


def state(row: Row, secret: Secret) -> TokenState:
    """Give what the rule works on."""
    return TokenState(
        status=Status(row["status"]),
        generator=Generator(
            row["kind"],
            secret.reveal(),
            row["algorithm"],
            row["digits"],
            row["period"],
            row["suite"],
        ),
        window=row["accept_window"],
        look_ahead=row["look_ahead"],
        last=row["last_step"],
        failures=row["failures"],
        locked_until=row["locked_until"],
        clock=clock(row),
        last_accepted_at=row["last_accepted_at"],
    )


def clock(row: Row) -> TokenClock:
    """Give what is known of the token's clock."""
    seen = tuple((at, step) for at, step in json.loads(row["clock_seen"]))
    return TokenClock(
        row["clock_base"],
        row["clock_base_at"],
        row["clock_doubt"],
        seen,
        row["clock_rate"],
        row["clock_ppm"],
    )


def clock_columns(known: TokenClock) -> dict[str, Any]:
    """Give the columns that hold what is known of the token's clock."""
    return {
        "clock_base": known.base,
        "clock_base_at": known.base_at,
        "clock_doubt": known.doubt,
        "clock_rate": known.rate,
        "clock_seen": json.dumps(known.seen, separators=(",", ":")),
        "clock_ppm": known.ppm,
    }


def state_columns(changed: TokenState) -> dict[str, Any]:
    """Give the columns that hold what the rule may change."""
    return {
        "status": changed.status.value,
        "last_step": changed.last,
        "last_accepted_at": changed.last_accepted_at,
        "failures": changed.failures,
        "locked_until": changed.locked_until,
    } | clock_columns(changed.clock)


def sealed_part(row: Row) -> list[Any]:
    """Give what of a row its seal covers, as JSON can write it."""
    part: list[Any] = [row[name] for name in _SEALED]
    for place in _SEALED_BYTES:
        if part[place] is not None:
            part[place] = part[place].hex()
    for place in _SEALED_DOUBLES:  # 0 and 0.0 are written differently
        if part[place] is not None:
            part[place] = float(part[place])
    return part


def token(row: Row, user_id: str | None, now: float) -> Token:
    """Give what administrators see."""
    return Token(
        serial=row["serial"],
        status=Status(row["status"]),
        kind=row["kind"],
        algorithm=row["algorithm"],
        digits=row["digits"],
        period=row["period"],
        suite=row["suite"],
        user_id=user_id,
        window=row["accept_window"],
        look_ahead=row["look_ahead"],
        last_step=row["last_step"],
        last_accepted_at=row["last_accepted_at"],
        failures=row["failures"],
        locked_until=row["locked_until"],
        offset=round(believed(clock(row), now), 1),
        clock_ppm=clock(row).ppm,
        created_at=row["created_at"],
        activation_expires_at=row["activation_expires_at"],
        activation_tries=row["activation_tries"],
    )


def digits_and_period(suite: str) -> tuple[int, int | None]:
    """Give the digits and the time step (seconds) of an OCRA suite; ValueError for what no check
    could compute."""
    parsed = codes.parse_suite(suite)
    if parsed.session_size is not None:
        raise ValueError("it asks for session information, which no request carries")
    return parsed.digits, parsed.step

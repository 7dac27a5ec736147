"""Decodes a token's replies strictly: the link's CBOR subset, known fields of the right type only.

The device is not trusted: anything else raises GarbageError, and text is checked to be short and
printable before it reaches a terminal. Units as in firmware.protocol.messages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import cbor2

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.otp import challenges

_MAX_DEPTH = 4
_MAX_ITEMS = 64  # in one map or list
_MAX_TEXT = 64  # characters
_SERIAL_SIZE = 12

Check: TypeAlias = Callable[[Any], bool]


class GarbageError(KodebrikError):
    """The device is not a token, or its replies arrive damaged."""

    def __init__(self, identifier: str = "garbage", /, **arguments: Argument) -> None:
        """`identifier` says in our own words what is wrong; no argument comes over the line."""
        super().__init__(identifier, ExitCode.GARBAGE, **arguments)


@dataclass(frozen=True)
class Hello:
    """The token's identity and state, as it gives them without authentication.

    `body` are the received bytes: they are part of the handshake's prologue, which authenticates
    them.
    """

    product: str
    board: str
    serial: str
    version: str
    protocol: int
    build: str
    form: str
    state: str
    key: str
    body: bytes


@dataclass(frozen=True)
class AccountReply:
    """One account as the token lists it: with a `period` (seconds), a `counter`, or a `suite` with
    or without counter."""

    name: str
    algorithm: str
    digits: int
    kind: str
    fingerprint: bytes
    period: int | None
    counter: int | None
    suite: str | None
    entry: str | None
    spoken: int | None  # the CRC-32 of the name's clip


@dataclass(frozen=True)
class ClockReading:
    """The token's clock at the edge of a second.

    `time` (Unix seconds) is None when the clock lost it, `set_at` 0 when it was never set. `aging`
    is the trim register, `temperature` in hundredths of a degree Celsius.
    """

    time: int | None
    lost: bool
    set_at: int
    aging: int
    temperature: int | None


def loads(data: bytes) -> Any:
    """Decode one CBOR item of the link's subset; GarbageError for anything else."""
    try:
        item = cbor2.loads(
            data,
            max_depth=_MAX_DEPTH + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
        if (
            not _plain(item, 0) or cbor2.dumps(item, canonical=True) != data
        ):  # the latter: deterministic, and no bytes after it
            raise GarbageError("garbage-format")
    except cbor2.CBORError:
        raise GarbageError("garbage-format") from None
    return item


def take(item: Any, **checks: Check) -> dict[str, Any]:
    """Give `item` back; GarbageError unless it is a map with exactly the fields of `checks`, each
    passing its check."""
    if not isinstance(item, dict) or set(item) != set(checks):
        raise GarbageError("garbage-fields")
    for name, check in checks.items():
        if not check(item[name]):
            raise GarbageError("garbage-field-range", field=name)
    return item


def text(value: Any) -> bool:
    """Check for printable text of up to _MAX_TEXT characters."""
    return isinstance(value, str) and len(value) <= _MAX_TEXT and value.isprintable()


def flag(value: Any) -> bool:
    """Check for true or false."""
    return isinstance(value, bool)


def octets(value: Any) -> bool:
    """Check for a byte string."""
    return isinstance(value, bytes)


def number(low: int, high: int) -> Check:
    """Check for an integer from `low` to `high`."""
    return lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    )


def one_of(*choices: Any) -> Check:
    """Check for one of `choices`, of the same type (True is not 1)."""
    return lambda value: any(type(value) is type(choice) and value == choice for choice in choices)


def optional(check: Check) -> Check:
    """Check for null or a value that passes `check`."""
    return lambda value: value is None or check(value)


def several(check: Check) -> Check:
    """Check for a list of values that each pass `check`."""
    return lambda value: isinstance(value, list) and all(map(check, value))


def hello(body: bytes) -> Hello:
    """Decode a hello; KodebrikError when the token speaks another version of the protocol."""
    item = loads(body)
    spoken = item.get("protocol") if isinstance(item, dict) else None
    if number(0, 2**16)(spoken) and spoken != messages.PROTOCOL_VERSION:
        raise KodebrikError(
            "protocol-version", ExitCode.VERSION, spoken=str(spoken), own=messages.PROTOCOL_VERSION
        )
    return Hello(
        body=body,
        **take(
            item,
            product=text,
            board=text,
            serial=_serial,
            version=text,
            protocol=number(0, 2**16),
            build=one_of(messages.DEVELOPMENT, messages.PRODUCTION),
            form=one_of(messages.FILES, messages.FROZEN),
            state=one_of(
                messages.BLANK, messages.IN_USE, messages.BLOCKED, messages.WIPED, messages.DAMAGED
            ),
            key=one_of(messages.KEY_NONE, messages.KEY_TRANSPORT, messages.KEY_ISSUER),
        ),
    )


def account(item: Any) -> AccountReply:
    """Decode one entry of the token's list of accounts."""
    held = item if isinstance(item, dict) else {}
    counter: dict[str, Check] = {"counter": number(0, 2**64 - 1)}
    code_fields: dict[str, Check] = {
        "algorithm": one_of(*messages.ALGORITHMS),
        "digits": one_of(*messages.DIGITS),
    }
    own: dict[str, Check] = code_fields | counter
    if held.get("kind") == "totp":
        own = code_fields | {"period": one_of(*messages.PERIODS)}
    elif held.get("kind") == "ocra":
        own = {"suite": text, "entry": one_of(*messages.ENTRIES)} | (
            counter if "counter" in held else {}
        )
    fields = take(
        item,
        name=text,
        kind=one_of("totp", "hotp", "ocra"),
        fingerprint=lambda value: (
            isinstance(value, bytes) and len(value) == messages.FINGERPRINT_SIZE
        ),
        **({"spoken": number(0, 2**32 - 1)} if "spoken" in held else {}),
        **own,
    )
    if "suite" in own:
        fields |= _suite_parameters(fields["suite"])
    return AccountReply(
        **({"period": None, "counter": None, "suite": None, "entry": None, "spoken": None} | fields)
    )


def _suite_parameters(suite: str) -> dict[str, Any]:
    # Checked as for the entry "number", which demands less than "payment": an account that can no
    # longer be provisioned can still be listed, and so removed.
    try:
        asked = challenges.suite(suite, messages.ENTRIES[0])
    except KodebrikError:
        raise GarbageError("garbage-suite") from None
    return {"algorithm": asked.algorithm, "digits": asked.digits}


def clock(item: Any) -> ClockReading:
    """Decode a clock reading."""
    moment = number(0, messages.MAX_TIME)
    return ClockReading(
        **take(
            item,
            time=optional(moment),
            lost=flag,
            set_at=moment,
            aging=number(-128, 127),
            temperature=optional(number(-12800, 12775)),
        )
    )


def _serial(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) == _SERIAL_SIZE
        and value.isascii()
        and value.isdigit()
    )


def _plain(item: Any, depth: int) -> bool:
    if isinstance(item, list):
        return (
            depth < _MAX_DEPTH
            and len(item) <= _MAX_ITEMS
            and all(_plain(entry, depth + 1) for entry in item)
        )
    if isinstance(item, dict):
        return (
            depth < _MAX_DEPTH
            and len(item) <= _MAX_ITEMS
            and all(
                isinstance(key, str) and _plain(value, depth + 1) for key, value in item.items()
            )
        )
    if isinstance(item, int):
        return isinstance(item, bool) or -(2**64) <= item < 2**64
    return item is None or isinstance(item, (str, bytes))

"""kodebrik clock: set, check and trim a token's clock."""

from typing import Any

from firmware.protocol import messages
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import TokenOptions
from host_tools.cli.output import Json, emit, step, warn
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link import clock
from host_tools.link.replies import ClockReading
from host_tools.link.session import Session
from host_tools.messages.catalogue import Message
from host_tools.provisioning import clock_drift
from host_tools.provisioning.clock_drift import Drift, Offset

app = CommandGroup(help="Set, check and trim the token's clock.")

# Seconds that a clock may be off just after it was set; more is a fault.
_SET_TOLERANCE = 1.0


@app.command("set")
@option_groups
def set_clock(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Set the token's clock to this computer's time, and read it back."""
    with token.session() as session:
        result = _set_and_check(session)
    emit(as_json, result, [Message("clock.set", offset=_offset_text(result))])


@app.command()
@option_groups
def check(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Measure how far the clock is off and how fast it drifts, against this computer's time."""
    with token.session() as session:
        reading, offset, measured = _measure(session)
    result = _as_json(session, reading, offset)
    lines = [Message("clock.offset", offset=_offset_text(result))]
    if measured is not None:
        result |= {
            "drift_ppm": round(measured.ppm, 3),
            "drift_uncertainty_ppm": round(measured.uncertainty, 3),
        }
        lines.append(
            Message(
                "clock.drift",
                ppm=measured.ppm,
                uncertainty=measured.uncertainty,
                elapsed=clock_drift.duration(measured.elapsed),
            )
        )
    lines.append(Message("clock.aging", aging=reading.aging))
    emit(as_json, result, lines)


@app.command()
@option_groups
def trim(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Correct the clock's speed by the drift since it was set, then set it anew.

    Needs two visits: 'kodebrik clock set' at the first, this at the second, about a day later.
    """
    with token.session() as session:
        reading, offset, measured = _measure(session)
        if measured is None:
            raise KodebrikError("drift-clock-just-set", ExitCode.TOO_EARLY)
        aging = clock_drift.trimmed(reading.aging, measured, offset)
        if abs(aging) == clock_drift.AGING_LIMIT:
            warn(Message("clock.beyond-trim", ppm=measured.ppm))
        session.trim_clock(aging)
        result = _set_and_check(session) | {
            "drift_ppm": round(measured.ppm, 3),
            "drift_uncertainty_ppm": round(measured.uncertainty, 3),
            "aging_before": reading.aging,
        }
    emit(
        as_json,
        result,
        [
            Message("clock.drift-was", ppm=measured.ppm, uncertainty=measured.uncertainty),
            Message("clock.aging-trimmed", before=reading.aging, now=result["aging"]),
            Message("clock.set-anew", offset=_offset_text(result)),
        ],
    )


def _measure(session: Session) -> tuple[ClockReading, Offset, Drift | None]:
    with step(Message("clock.measuring")):
        reading, offset = clock.measure(session, clock.HostClock())
    if not reading.set_at:
        raise TokenError(messages.CLOCK_LOST)
    elapsed = (reading.time or 0) - reading.set_at
    return reading, offset, clock_drift.drift(offset, elapsed) if elapsed > 0 else None


def _set_and_check(session: Session) -> dict[str, Any]:
    with step(Message("clock.setting")):
        clock.set_now(session, clock.HostClock())
        reading, offset = clock.measure(session, clock.HostClock())
    if abs(offset.seconds) - offset.uncertainty > _SET_TOLERANCE:
        raise KodebrikError("clock-still-off", ExitCode.CHECK_FAILED, seconds=offset.seconds)
    return _as_json(session, reading, offset)


def _as_json(session: Session, reading: ClockReading, offset: Offset) -> dict[str, Any]:
    return {
        "serial": session.hello.serial,
        "time": reading.time,
        "offset_ms": round(offset.seconds * 1000, 1),
        "uncertainty_ms": round(offset.uncertainty * 1000, 1),
        "set_at": reading.set_at,
        "aging": reading.aging,
        "temperature": reading.temperature,
    }


def _offset_text(result: dict[str, Any]) -> Message:
    return Message(
        "clock.milliseconds", offset=result["offset_ms"], uncertainty=result["uncertainty_ms"]
    )

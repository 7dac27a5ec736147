"""Limits for guesses of keys and codes from one network, counted in the database, so that they hold
for all workers together.

Each kind of guess of a network has a token bucket, kept as one time: that at which the whole
allowance is there again (the virtual scheduling algorithm of ITU-T I.371). A guess moves it on by
the seconds that one guess takes to come back.

What was right is no guess. What is decided in one transaction is counted in it when it was wrong;
what is decided elsewhere, as codes are in batches, is counted before, and given back when it was
right.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, select

from host_tools.validator.errors import TooManyRequestsError
from host_tools.validator.operations import api_keys
from host_tools.validator.records import ApiKey, Guesser
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import GuessRow
from host_tools.validator.store.tables import guesses
from host_tools.validator.store.unit_of_work import UnitOfWork

MAX_GUESSERS = 10_000  # rows; of more, those that would be free soonest are forgotten
_MINUTE = 60.0  # seconds

T = TypeVar("T")


def require_guess(connection: Connection, keys: DataKeys, guesser: Guesser, now: float) -> None:
    """Raise TooManyRequestsError when no guess is left. Nothing is counted or locked."""
    query = select(guesses).where(guesses.c.guesser == _name(guesser))
    found = audit_root.find_row(connection, keys, guesses, GuessRow, query)
    if found is not None:
        _require(guesser, found[0], now)


def count_guess(unit: UnitOfWork, guesser: Guesser) -> None:
    """Count one guess; TooManyRequestsError when none is left."""
    _count(unit, guesser, _locked(unit, guesser))


def give_back(unit: UnitOfWork, guesser: Guesser) -> None:
    """Count one guess less than was counted: it was right. A guess that came back by itself
    meanwhile is not given twice."""
    before = _locked(unit, guesser)
    if before is None:
        return
    each, _ = _times(guesser)
    free_at = unit.now + max(0.0, _free_in(guesser, before, unit.now) - each)
    unit.update(guesses, before, before._replace(free_at=free_at))


def decide(
    unit: UnitOfWork,
    guesser: Guesser,
    decision: Callable[[], T],
    is_wrong: Callable[[T], bool],
) -> T:
    """Give what `decision` decides; it counts as a guess when it is wrong. When no guess is left,
    TooManyRequestsError, whatever the decision would be."""
    before = _locked(unit, guesser)
    _require(guesser, before, unit.now)
    decided = decision()
    if is_wrong(decided):
        _count(unit, guesser, before)
    return decided


def authenticate(unit: UnitOfWork, key: str, guesser: Guesser) -> ApiKey | None:
    """Give the API key that was presented; None for a wrong one, which counts as a guess."""
    return decide(
        unit,
        guesser,
        lambda: api_keys.authenticate(unit.connection, unit.keys, key),
        lambda owner: owner is None,
    )


def _name(guesser: Guesser) -> str:
    return f"{guesser.kind} {guesser.network}"


def _locked(unit: UnitOfWork, guesser: Guesser) -> GuessRow | None:
    query = select(guesses).where(guesses.c.guesser == _name(guesser)).with_for_update()
    return unit.find(guesses, GuessRow, query)


def _require(guesser: Guesser, row: GuessRow | None, now: float) -> None:
    each, allowance = _times(guesser)
    wait = _free_in(guesser, row, now) - (allowance - each)
    if wait > 0:
        raise TooManyRequestsError("guesses-too-many", seconds=wait)


def _times(guesser: Guesser) -> tuple[float, float]:
    """Give the seconds in which one guess comes back, and those for the whole allowance."""
    each = _MINUTE / guesser.per_minute
    return each, max(_MINUTE, each)


def _free_in(guesser: Guesser, row: GuessRow | None, now: float) -> float:
    """Give the seconds until the whole allowance is there again.

    No guess sets a time of more than an allowance from now. One of more than two was set before the
    clock was put back, and would hold for as long: it counts as past. What lies between may be of
    another server, whose clock is ahead, and holds.
    """
    _, allowance = _times(guesser)
    free_in = 0.0 if row is None else max(0.0, row.free_at - now)
    return free_in if free_in <= 2 * allowance else 0.0


def _count(unit: UnitOfWork, guesser: Guesser, before: GuessRow | None) -> None:
    _require(guesser, before, unit.now)
    each, _ = _times(guesser)
    free_at = unit.now + _free_in(guesser, before, unit.now) + each
    if before is None:
        unit.delete(guesses, guesses.c.free_at <= unit.now)
        beyond = select(guesses.c.guesser).order_by(guesses.c.free_at.desc())
        unit.delete(guesses, guesses.c.guesser.in_(beyond.offset(MAX_GUESSERS - 1)))
        unit.insert(guesses, GuessRow(_name(guesser), free_at))
        return
    unit.update(guesses, before, before._replace(free_at=free_at))

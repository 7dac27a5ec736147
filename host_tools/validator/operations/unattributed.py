"""Audit of checks and activations that name no known user or token, limited to a number a minute.

Whoever can reach the sign-in page can try user-IDs that do not exist as often as they like, and the
audit must not grow with every try. The first tries of each minute are logged individually, further
ones only counted; their number is logged when the minute is over.

The tally and the head of the tries' own audit chain are one row, as a token's state and the head of
its chain are: so a try costs the statements and MACs of a refused check, and its duration does not
tell whether the user exists.
"""

from collections.abc import Sequence

from sqlalchemy import select

from host_tools.validator.store.audit_chain import UNATTRIBUTED, Event
from host_tools.validator.store.rows import UnattributedChecksRow
from host_tools.validator.store.tables import unattributed_checks as table
from host_tools.validator.store.unit_of_work import UnitOfWork

LIMIT = 60  # entries in each window
WINDOW = 60.0  # seconds

_ID = 1  # of the table's only row
_TALLY = select(table).where(table.c.id == _ID).with_for_update()


def lock(unit: UnitOfWork) -> UnattributedChecksRow | None:
    """Lock the tally, and give it; None before the first try."""
    found = unit.find(table, UnattributedChecksRow, _TALLY)
    if found is None:
        unit.idle_mac()
    return found


def record(unit: UnitOfWork, before: UnattributedChecksRow | None, tries: Sequence[Event]) -> None:
    """Log tries, or only count those beyond LIMIT in the current window; `before` is the tally."""
    now = unit.now
    tally = before or UnattributedChecksRow(_ID, now, 0, 0, 0, b"")
    start, logged, suppressed = tally.window_start, tally.logged, tally.suppressed
    events = []
    if not start <= now < start + WINDOW:
        if suppressed:
            detail = {"number": suppressed, "since": start}
            events.append(Event(now, "kodebrik", "not_noted", detail))
        start, logged, suppressed = now, 0, 0
    noted = min(len(tries), LIMIT - logged)
    unit.idle_mac(len(tries) - noted)
    head = unit.chain(UNATTRIBUTED, tally.chain_head, [*events, *tries[:noted]])
    after = UnattributedChecksRow(
        _ID, start, logged + noted, suppressed + len(tries) - noted, head.sequence, head.mac
    )
    if before is None:
        unit.idle_mac()
        unit.insert(table, after)
    else:
        unit.update(table, before, after)

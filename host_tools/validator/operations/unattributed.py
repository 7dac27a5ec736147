"""Audit of checks and activations that name no known user or token, limited to a number a minute.

Whoever can reach the sign-in page can try user-IDs that do not exist as often as they like, and the
server's audit chain must not grow with every try. The first tries of each minute are logged
individually, further ones only counted; their number is logged when the minute is over. Every try
takes the same database operations, so that its duration does not tell whether the user exists.
"""

from sqlalchemy import select

from host_tools.validator.store.audit_chain import Detail
from host_tools.validator.store.rows import UnattributedChecksRow
from host_tools.validator.store.tables import unattributed_checks as table
from host_tools.validator.store.unit_of_work import UnitOfWork

LIMIT = 60  # entries in each window
WINDOW = 60.0  # seconds

_ID = 1  # of the table's only row


def record(unit: UnitOfWork, action: str, detail: Detail, actor: str) -> None:
    """Log one try, or only count it when LIMIT is reached in the current window."""
    query = select(table).where(table.c.id == _ID).with_for_update()
    before = unit.find(table, UnattributedChecksRow, query)
    if before is None:
        before = unit.insert(table, UnattributedChecksRow(_ID, unit.now, 0, 0))
    start, logged, suppressed = before.window_start, before.logged, before.suppressed
    if not start <= unit.now < start + WINDOW:
        if suppressed:
            unit.record_server_event(
                "not_noted", {"number": suppressed, "since": start}, actor="kodebrik"
            )
        start, logged, suppressed = unit.now, 0, 0
    if logged < LIMIT:
        unit.record_server_event(action, detail, actor=actor)
        logged += 1
    else:
        suppressed += 1
    after = before._replace(window_start=start, logged=logged, suppressed=suppressed)
    unit.update(table, before, after)

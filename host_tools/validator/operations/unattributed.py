"""Checks and activations for nobody, in the audit: noted one by one up to a number a minute, beyond
that counted.

Whoever can reach the sign-in can ask for user-IDs that do not exist, as often as they like: the
server's chain must not grow with them. Each one counts in the database all the same, so that its
duration is that of a check of somebody's.
"""

from sqlalchemy import insert, select, update

from host_tools.validator.store.audit_chain import Detail
from host_tools.validator.store.tables import strangers
from host_tools.validator.store.unit_of_work import Ledger

NOTED = 60  # entries in each time of WINDOW seconds
WINDOW = 60.0

_ROW = 1  # the table has one


def note(ledger: Ledger, action: str, detail: Detail, by: str) -> None:
    """Note what was tried for nobody, or only count it; how many were only counted is noted when
    the time is over."""
    found = ledger.connection.execute(
        select(strangers).where(strangers.c.id == _ROW).with_for_update()
    ).one_or_none()
    since, noted, more = (
        (ledger.now, 0, 0) if found is None else (found.since, found.noted, found.more)
    )
    if found is None:
        ledger.connection.execute(
            insert(strangers).values(id=_ROW, since=since, noted=noted, more=more)
        )
    if not since <= ledger.now < since + WINDOW:
        if more:
            ledger.note_server("not_noted", {"number": more, "since": since}, by="kodebrik")
        since, noted, more = ledger.now, 0, 0
    if noted < NOTED:
        ledger.note_server(action, detail, by=by)
        noted += 1
    else:
        more += 1
    changed = update(strangers).where(strangers.c.id == _ROW)
    ledger.connection.execute(changed.values(since=since, noted=noted, more=more))

"""What happened on and to a user's devices, from their audit chains."""

import json

from sqlalchemy import Connection, select

from host_tools.validator.app_records import AppEvent
from host_tools.validator.store.tables import app_devices, audit, tokens

_MOST = 50  # events
_ACTIONS = (
    *("activate", "approve", "decline", "report", "wrong_digits"),
    *("block", "unblock", "remove", "replaced"),
)


def of_user(connection: Connection, owner_id: int) -> list[AppEvent]:
    """List the events of a user's devices, also of those that were removed, the newest first. What
    was refused is left out."""
    query = (
        select(audit.c.at, audit.c.action, audit.c.detail, tokens.c.serial, app_devices.c.name)
        .join(tokens, tokens.c.serial == audit.c.chain)
        .join(app_devices, app_devices.c.token_id == tokens.c.id)
        .where(
            tokens.c.owner_id == owner_id,
            audit.c.action.in_(_ACTIONS),
            audit.c.detail.not_like('%"tries":%'),  # a wrong activation code
        )
        .order_by(audit.c.id.desc())
        .limit(_MOST)
    )
    return [
        AppEvent(
            at,
            action,
            serial,
            name,
            told.get("party_name", ""),
            told.get("text", ""),
            told.get("language", ""),
            told.get("approval", ""),
        )
        for at, action, detail, serial, name in connection.execute(query)
        for told in [json.loads(detail)]
    ]

"""What happened on and to a user's devices, from their audit chains."""

import json
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, and_, or_, select

from host_tools.validator.app_records import AppAct, AppEvent, AppReason
from host_tools.validator.operations.app import reports
from host_tools.validator.rule import lockout
from host_tools.validator.store.tables import app_devices, audit, tokens

_MOST = 50  # events
_ACTIONS = (
    *("activate", "approve", "decline", "report", "wrong_digits"),
    *("cancel", reports.LIFTED, reports.LIFTED_BY_SUPPORT),
    *("block", "unblock", "remove", "replaced"),
)
_WITH_PIN = ("app_session", *(act.value for act in AppAct))
_WRONG_PIN = AppReason.WRONG_PIN.value


def of_user(connection: Connection, owner_id: int) -> list[AppEvent]:
    """List the events of a user's devices, also of those that were removed, the newest first. What
    was refused is left out, but wrong PINs."""
    query = (
        select(audit.c.at, audit.c.action, audit.c.detail, tokens.c.serial, app_devices.c.name)
        .join(tokens, tokens.c.serial == audit.c.chain)
        .join(app_devices, app_devices.c.token_id == tokens.c.id)
        .where(
            tokens.c.owner_id == owner_id,
            or_(
                and_(
                    audit.c.action.in_(_ACTIONS),
                    audit.c.detail.not_like('%"tries":%'),  # a wrong activation code
                ),
                and_(
                    audit.c.action.in_(_WITH_PIN),
                    audit.c.detail.like(f'%"reason":"{_WRONG_PIN}"%'),
                ),
            ),
        )
        .order_by(audit.c.id.desc())
        .limit(_MOST + lockout.FAILURE_LIMIT)
    )
    found = (
        AppEvent(
            at,
            _WRONG_PIN if action in _WITH_PIN else action,
            "" if action == reports.LIFTED_BY_SUPPORT else serial,
            "" if action == reports.LIFTED_BY_SUPPORT else name,
            told.get("party_name", ""),
            told.get("text", ""),
            told.get("language", ""),
            told.get("approval", ""),
        )
        for at, action, detail, serial, name in connection.execute(query)
        for told in [json.loads(detail)]
    )
    return _counted(found)[:_MOST]


def _counted(events: Iterable[AppEvent]) -> list[AppEvent]:
    """Make wrong PINs in a row on one device one event: who has the device does not push what was
    done on it off the list."""
    made: list[AppEvent] = []
    for event in events:
        if (
            made
            and event.action == made[-1].action == _WRONG_PIN
            and event.device == made[-1].device
        ):
            made[-1] = replace(made[-1], count=made[-1].count + 1)
        else:
            made.append(event)
    return made

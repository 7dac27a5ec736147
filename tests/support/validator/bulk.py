"""Many active tokens with their users, quickly: what imports and activations would have written,
sealed and audited, in transactions of many."""

import hashlib

from sqlalchemy import insert

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.operations import token_import
from host_tools.validator.records import NewToken, Status
from host_tools.validator.service import Validator
from host_tools.validator.store import audit_chain, counts, tables
from host_tools.validator.store.audit_chain import Event
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import ChainHead, UserRow
from host_tools.validator.store.unit_of_work import UnitOfWork

_AT_ONCE = 10_000  # tokens of a transaction


def serial(number: int) -> str:
    """Give the serial number of a token."""
    return f"KD{number:010}"


def user_id(number: int) -> str:
    """Give its user's ID: a name that begins with a letter of its own in each eight."""
    return f"{'abdehjms'[number % 8]}na.holm{number:07}"


def credential(number: int) -> Credential:
    """Give its credential."""
    return Credential("bulk", Secret(hashlib.sha1(serial(number).encode()).digest()))


def fill(validator: Validator, first: int, end: int) -> None:
    """Write the tokens from `first` to before `end`, each active, of a user of its own."""
    for start in range(first, end, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, end))
        validator._write("bulk", _fill, numbers)


def _fill(unit: UnitOfWork, numbers: range) -> None:
    people, rows, entries = [], [], []
    for number in numbers:
        name = user_id(number)
        row = UserRow(new_id(), name, name, unit.now, None, "da", False, None, None)
        user = unit.sealed(tables.users, row)
        people.append(user._asdict())
        unit.record_row_event(tables.users, user, "create_user", {"user_id": name})
        new = NewToken(serial(number), credential(number))
        token, entry = token_import._rows(unit, new, unit.key, ChainHead())
        unit.record_server_event("create", {"serial": new.serial})
        event = Event(unit.now, unit.actor, "activate", {"by": "administrator"})
        head, activated = audit_chain.append(unit.key, new.serial, token.chain_head, event)
        token.audit_sequence, token.audit_mac = head
        token.owner_id, token.status, token.activated_at = user.id, Status.ACTIVE.value, unit.now
        rows.append(token)
        entries += (entry, activated)
    unit.connection.execute(insert(tables.users), people)
    unit._counts[counts.USERS] += len(people)
    unit.insert_tokens(rows, entries)

"""Import of tokens: all of them or none, in one transaction."""

from collections.abc import Collection, Sequence
from itertools import islice

from sqlalchemy import select

from host_tools.otp import codes
from host_tools.progress import Progress
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations.token_limits import (
    checked_look_ahead,
    checked_ppm,
    checked_serial,
    checked_window,
)
from host_tools.validator.records import NewToken, Status
from host_tools.validator.rule.drift import UNCERTAINTY_SET
from host_tools.validator.store import audit_chain
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.bulk_statements import BulkQuery
from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import AuditRow, ChainHead, ChainRow, TokenRow
from host_tools.validator.store.tables import chains, tokens
from host_tools.validator.store.unit_of_work import UnitOfWork

_BATCH = 500  # tokens written by one statement

_KNOWN = BulkQuery(select(tokens.c.serial, tokens.c.id), tokens.c.serial)
_FORMER = BulkQuery(select(chains), chains.c.chain)


def import_tokens(unit: UnitOfWork, new: Collection[NewToken], progress: Progress | None) -> int:
    """Insert the tokens in one transaction and give their number; KodebrikError names the first one
    that cannot be imported. Memory does not grow with their number."""
    key, done, first = unit.key, 0, new_id()
    waiting = iter(new)
    while part := list(islice(waiting, _BATCH)):
        serials = [checked_serial(token.serial) for token in part]
        _refuse_duplicates(serials)
        heads = _former_heads(unit, serials, first)
        written = [_rows(unit, token, key, heads.get(token.serial, ChainHead())) for token in part]
        unit.insert_tokens([row for row, _ in written], [entry for _, entry in written])
        if heads:
            unit.delete(chains, chains.c.chain.in_(heads))
        for token in part:
            unit.record_server_event("create", {"serial": token.serial})
        unit.flush()
        done += len(part)
        if progress is not None:
            progress(done, len(new))
    return done


def already_imported(unit: UnitOfWork, tokens: Collection[NewToken]) -> set[str]:
    """Give the serial numbers of those that are here already, with the same secret and the same
    codes; KodebrikError for one that is here otherwise, or whose serial number is none."""
    known: set[str] = set()
    waiting = iter(tokens)
    while part := list(islice(waiting, _BATCH)):
        rows = unit.find_tokens([checked_serial(new.serial) for new in part])
        for new in part:
            row = rows.get(new.serial)
            if row is not None and not _is_same(unit, row, new):
                raise ConflictError("token-known-otherwise", serial=new.serial)
        known |= rows.keys()
        unit.release_tokens()
    return known


def _is_same(unit: UnitOfWork, row: TokenRow, new: NewToken) -> bool:
    """Say whether a token has the secret and the codes of a new one."""
    rule = (row.kind, row.algorithm, row.digits, row.period)
    same = rule == _rule(new) and row.suite == new.suite
    return same and unit.secret(row) == new.credential.secret


def _refuse_duplicates(serials: Sequence[str]) -> None:
    seen: set[str] = set()
    for serial in serials:
        if serial in seen:
            raise InvalidError("import-token-twice", serial=serial)
        seen.add(serial)


def _former_heads(unit: UnitOfWork, serials: list[str], first: int) -> dict[str, ChainHead]:
    """Give the chain heads that deleted tokens of the same serials left; KodebrikError when a token
    exists, since earlier or by this import, whose ids are greater than `first`."""
    known = _KNOWN.execute(unit.connection, serials).first()
    if known is not None and known.id > first:
        raise InvalidError("import-token-twice", serial=known.serial)
    if known is not None:
        raise ConflictError("token-known", serial=known.serial)
    former = _FORMER.execute(unit.connection, serials)
    return {row.chain: unit.checked(chains, ChainRow(*row)).chain_head for row in former}


def _rows(
    unit: UnitOfWork, new: NewToken, key: DataKey, head: ChainHead
) -> tuple[TokenRow, AuditRow]:
    """Give the row of a token in stock, and of its audit entry after `head`."""
    credential, now = new.credential, unit.now
    kind, algorithm, digits, period = _rule(new)
    detail: Detail = {"kind": kind, "digits": digits, "period": period}
    event = Event(now, unit.actor, "import", detail)
    head, entry = audit_chain.append(key, new.serial, head, event)
    row = TokenRow(
        id=new_id(),
        serial=new.serial,
        status=Status.STOCK.value,
        owner_id=None,
        kind=kind,
        algorithm=algorithm,
        digits=digits,
        period=period,
        suite=new.suite,
        product=new.product,
        encrypted_secret=key.encrypt_secret(credential.secret, new.serial),
        data_key=key.id,
        tolerance=checked_window(new.window),
        look_ahead=checked_look_ahead(new.look_ahead),
        last_step=-1 if credential.counter is None else credential.counter - 1,
        last_accepted_at=None,
        failures=0,
        locked_until=0.0,
        clock_base=0.0,
        clock_base_at=now if new.clock_set_at is None else new.clock_set_at,
        clock_uncertainty=UNCERTAINTY_SET,
        clock_rate=0.0,
        clock_observations="[]",
        clock_ppm=checked_ppm(new.clock_ppm),
        created_at=now,
        activated_at=None,
        activation_hash=None,
        activation_key=None,
        activation_expires_at=None,
        activation_tries=0,
        audit_sequence=head.sequence,
        audit_mac=head.mac,
        audit_seal=b"",
        audit_key=key.id,
    )
    return row, entry


def _rule(new: NewToken) -> tuple[str, str, int, int | None]:
    """Give the kind, the hash, the digits and the period (seconds) of a token's codes."""
    if new.suite is not None:
        return "ocra", "SHA1", *_digits_and_period(new.suite, new.serial)
    credential = new.credential
    return credential.kind, credential.algorithm, credential.digits, credential.period


def _digits_and_period(suite: str, serial: str) -> tuple[int, int | None]:
    """Give the digits and the time step (seconds) of an OCRA suite; KodebrikError for one that no
    check could compute."""
    try:
        parsed = codes.parse_suite(suite)
        if parsed.session_size is not None:
            raise ValueError("it asks for session information, which no request carries")
    except ValueError as error:
        raise InvalidError("import-suite-unusable", serial=serial, why=error.args[0]) from None
    return parsed.digits, parsed.step

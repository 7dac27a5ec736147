"""The unit of work: one transaction's changes, each with its audit entry, and the root over them.

Tokens are locked when they are loaded, in ascending order of their ids, so that two workers cannot
deadlock. Their changes are kept in memory and written at the end by a conditional UPDATE, which
matches its row only if no entry was appended to the token's audit chain since the row was read. So
of several concurrent workers exactly one succeeds. Other rows are written at once, on the condition
that their seal is still the one that was read.

Every row that is read is checked against its seal. The root is read, unlocked, at the beginning,
and written by the last statement: it is locked for the time of the commit alone, and since no other
lock is taken after it, it adds no deadlock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    false,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from host_tools.secret import Secret
from host_tools.validator.errors import AlteredError, NotFoundError
from host_tools.validator.store import audit_chain, audit_root, counts, row_seals
from host_tools.validator.store.audit_chain import Detail, Event
from host_tools.validator.store.audit_root import RootChange
from host_tools.validator.store.bulk_statements import BulkQuery, bulk_insert, bulk_update
from host_tools.validator.store.data_keys import DataKey, DataKeys
from host_tools.validator.store.row_seals import SealedRow
from host_tools.validator.store.rows import (
    ApiKeyRow,
    AppDeviceRow,
    ApprovalRow,
    AppSessionRow,
    AuditRootRow,
    AuditRow,
    ChainHead,
    ChainRow,
    ChallengeRow,
    CountsRow,
    DataKeyRow,
    GuessRow,
    NoticeRow,
    OpenIdAssertionRow,
    OpenIdBackchannelRow,
    OpenIdGrantRow,
    OpenIdKeyRow,
    OpenIdSessionRow,
    TokenRow,
    UnattributedChecksRow,
    UserRow,
    WebSessionRow,
)
from host_tools.validator.store.tables import (
    audit,
    chains,
    data_keys,
    tokens,
    unattributed_checks,
    users,
)
from host_tools.validator.store.tables import audit_root as root_table
from host_tools.validator.store.tables import counts as counts_table
from host_tools.validator.user_id import UserIdRule

_DEFAULT_RULE = UserIdRule()
_BATCH = 500  # rows asked for in one statement

_WRITTEN = tuple(
    column.name for column in tokens.columns if column.name not in ("id", "serial", "created_at")
)
# What checks change, as a rule nothing else. None of it has an index, or is a key of other rows.
_CHECKED = (
    "last_step",
    "last_accepted_at",
    "failures",
    "locked_until",
    "clock_rate",
    "clock_observations",
    "audit_sequence",
    "audit_mac",
    "audit_seal",
    "audit_key",
)
_written_values, _checked_values = attrgetter(*_WRITTEN), attrgetter(*_CHECKED)
_other_values = attrgetter(*(name for name in _WRITTEN if name not in _CHECKED))
_UPDATE, _UPDATE_CHECKED = (
    bulk_update(tokens, names, ("id", "audit_sequence")) for names in (_WRITTEN, _CHECKED)
)
_LOCKED = select(tokens).order_by(tokens.c.id).with_for_update()
_BY_ID = _LOCKED.where(tokens.c.id == bindparam("the_id"))  # half the work of an IN
_BY_IDS = BulkQuery(_LOCKED, tokens.c.id)
_BY_SERIAL = _LOCKED.where(tokens.c.serial == bindparam("serial"))
_IDS_BY_SERIAL = BulkQuery(select(tokens.c.id), tokens.c.serial)
_INSERT_ENTRIES = bulk_insert(audit)
_INSERT_TOKENS = bulk_insert(tokens)
_token_values = attrgetter(*tokens.columns.keys())
_INSERT_NO_ENTRY = insert(audit).from_select(audit.columns.keys(), select(audit).where(false()))
_SERVER_CHAIN = select(chains).where(chains.c.chain == audit_chain.SERVER).with_for_update()
_LOCKED_ROOT = select(root_table).with_for_update()
_UPDATE_ROOT = (
    update(root_table)
    .where(root_table.c.version == bindparam("the_version"))
    .values({name: bindparam(name) for name in AuditRootRow._fields[1:]})
)

Row = TypeVar("Row", bound=SealedRow)
# A row that is written at once, unlike a token's.
Simple = TypeVar(
    "Simple",
    UserRow,
    ChainRow,
    ChallengeRow,
    ApiKeyRow,
    AppDeviceRow,
    AppSessionRow,
    ApprovalRow,
    WebSessionRow,
    UnattributedChecksRow,
    NoticeRow,
    GuessRow,
    CountsRow,
    OpenIdKeyRow,
    OpenIdSessionRow,
    OpenIdGrantRow,
    OpenIdBackchannelRow,
    OpenIdAssertionRow,
)


class StaleError(Exception):
    """Another worker has changed a row first; the transaction must be repeated."""


class OvertakenError(StaleError):
    """The audit has an entry already that was to be appended to a chain. As a chain's head is
    locked and written with its entry, repeating helps only where something else was in the way:
    else the row with the head was put back."""

    def __init__(self, entries: Sequence[AuditRow]) -> None:
        """Keep the entries, of which some is there already."""
        super().__init__()
        self.entries = entries

    def refusal(self, connection: Connection) -> AlteredError | None:
        """Give the error that names the row that was put back; None when no entry is there."""
        for entry in self.entries:
            there = audit.c.chain == entry.chain, audit.c.sequence == entry.sequence
            if connection.execute(select(audit.c.id).where(*there)).first() is not None:
                return _head_altered(connection, entry.chain)
        return None


class _Read(NamedTuple):
    """What a token's row held when it was read, or last written."""

    sequence: int
    seal: bytes
    key_id: int


class UnitOfWork:
    """The changes of one transaction: locked tokens, rows, audit entries, and the root."""

    def __init__(
        self,
        connection: Connection,
        keys: DataKeys,
        now: float,
        actor: str,
        user_ids: UserIdRule = _DEFAULT_RULE,
    ) -> None:
        """Work on an open writing transaction, on behalf of `actor`; new user-IDs follow
        `user_ids`."""
        self.user_ids = user_ids
        self.connection = connection
        self.keys = keys
        self.now = float(now)
        self.actor = actor
        self._root = audit_root.read(connection, keys)
        self.key = keys.get(connection, self._root.audit_key)  # the newest, which seals
        self._change = RootChange()
        self._tokens: dict[int, TokenRow] = {}
        self._statuses: dict[int, str] = {}  # of those tokens, as they are in the database
        self._others: dict[int, tuple[Any, ...]] = {}  # values that checks do not change, likewise
        self._counts: Counter[str] = Counter()  # changes of the kept numbers
        self._besides: dict[int, Sequence[Any]] = {}  # rows, not checked yet
        self._changed: dict[int, _Read] = {}
        self._entries: list[AuditRow] = []
        self._server_events: list[Event] = []
        self._inserts_nothing = False

    def checked(self, table: Table, row: Row) -> Row:
        """Give a row back that was read; KodebrikError when it does not fit its seal, StaleError
        when the data key was rotated since this transaction began."""
        self.keys.check(self.connection, table, row, self._root.audit_key)
        if row.audit_key not in (self._root.audit_key, self.key.id):
            raise StaleError
        return row

    def find(self, table: Table, kind: type[Simple], query: Select[Any]) -> Simple | None:
        """Give the row that a query of all the table's columns finds, as checked() does; None when
        it finds none."""
        found = self.connection.execute(query).one_or_none()
        return None if found is None else self.checked(table, kind(*found))

    def lock_tokens(self, ids: Iterable[int], besides: Iterable[int] = ()) -> dict[int, TokenRow]:
        """Lock tokens; give all that are locked, by id. Those that are gone are left out.

        The tokens `besides` are locked too, and given by token_besides().
        """
        wanted = set(ids) - self._tokens.keys()
        every = sorted(wanted | set(besides))
        for start in range(0, len(every), _BATCH):
            part = every[start : start + _BATCH]
            if len(part) == 1:
                found = self.connection.execute(_BY_ID, {"the_id": part[0]})
            else:
                found = _BY_IDS.execute(self.connection, part)
            for row in found.all():
                if row[0] in wanted:
                    self._hold(TokenRow(*row))
                else:
                    self._besides[row[0]] = row
        return self._tokens

    def token_besides(self, token_id: int) -> TokenRow | None:
        """Give a token, to read only, that was locked beside those that are checked; None when it
        is gone."""
        if token_id in self._besides:
            return self.checked(tokens, TokenRow(*self._besides[token_id]))
        return self._tokens.get(token_id)

    def lock_token(self, serial: str) -> TokenRow:
        """Lock one token; KodebrikError when there is none."""
        token = self.find_token(serial)
        if token is None:
            raise no_token(serial)
        return token

    def find_token(self, serial: str) -> TokenRow | None:
        """Lock one token; None when there is none."""
        found = self.connection.execute(_BY_SERIAL, {"serial": serial}).one_or_none()
        if found is None:
            return None
        if found.id not in self._tokens:
            self._hold(TokenRow(*found))
        return self._tokens[found.id]

    def find_tokens(self, serials: Sequence[str]) -> dict[str, TokenRow]:
        """Lock tokens; give those that there are, by serial number."""
        ids = _IDS_BY_SERIAL.execute(self.connection, serials).scalars().all()
        locked = self.lock_tokens(ids)
        found = [locked[token_id] for token_id in ids if token_id in locked]
        return {token.serial: token for token in found}

    def secret(self, token: TokenRow) -> Secret:
        """Decrypt a token's secret."""
        key = self.keys.get(self.connection, token.data_key)
        return key.decrypt_secret(token.encrypted_secret, token.serial)

    def fingerprint(self, kind: str, text: str) -> str:
        """Give 8 bytes of a keyed hash, as hexadecimal: equal for equal texts, and tells nothing
        else."""
        return self.key.hash("fingerprint", kind, text)[:8].hex()

    def idle_mac(self, number: int = 1) -> None:
        """Compute that many MACs for nothing: a check costs as many whatever it finds."""
        for _ in range(number):
            self.key.idle_mac()

    def chain(self, name: str, head: ChainHead, events: Sequence[Event]) -> ChainHead:
        """Append events to an audit chain whose head the caller writes; give the new head. Without
        an event, as many statements are executed."""
        for event in events:
            head, entry = audit_chain.append(self.key, name, head, event)
            self._entries.append(entry)
        self._inserts_nothing |= not events
        return head

    def record(
        self, token: TokenRow, action: str, detail: Detail, *, actor: str | None = None
    ) -> None:
        """Append to a locked token's audit chain; flush() then writes the token's row as well.

        `actor` is who did it, if not the unit's actor.
        """
        if token.id not in self._changed:
            self._changed[token.id] = _Read(token.audit_sequence, token.audit_seal, token.audit_key)
        event = Event(self.now, actor or self.actor, action, detail)
        head, entry = audit_chain.append(self.key, token.serial, token.chain_head, event)
        token.audit_sequence, token.audit_mac = head
        token.audit_key = self.key.id
        self._entries.append(entry)

    def record_server_event(self, action: str, detail: Detail, *, actor: str | None = None) -> None:
        """Append to the server's audit chain."""
        self._server_events.append(Event(self.now, actor or self.actor, action, detail))

    def record_row_event(self, table: Table, row: NamedTuple, action: str, detail: Detail) -> None:
        """Append to the server's audit chain that a row of `users` or `api_keys` was written; the
        entry holds the row's fingerprint."""
        told = {"row": row_seals.fingerprint(self.key.audit, table, row)}
        self.record_server_event(action, {**detail, **told})

    def insert(self, table: Table, row: Simple) -> Simple:
        """Write a new row, sealed; give it."""
        sealed = self.sealed(table, row)
        self.connection.execute(insert(table).values(sealed._asdict()))
        if table is users:
            self._counts[counts.USERS] += 1
        return sealed

    def sealed(self, table: Table, row: Simple) -> Simple:
        """Give a new row with its seal, counted into the root; the caller writes it."""
        row = row._replace(audit_key=self.key.id)
        row = row._replace(audit_seal=row_seals.seal(self.key.audit, table, row))
        self._change.add(self.key, row.audit_seal)
        return row

    def insert_tokens(self, rows: Sequence[TokenRow], entries: Sequence[AuditRow]) -> None:
        """Write new tokens, and the entries that their audit chains end with."""
        for row in rows:
            row.audit_key = self.key.id
            row.audit_seal = row_seals.seal(self.key.audit, tokens, row)
            self._change.add(self.key, row.audit_seal)
            self._counts[row.status] += 1
        _INSERT_TOKENS.execute(self.connection, [_token_values(row) for row in rows])
        self._write_entries(entries)

    def update(self, table: Table, before: Simple, after: Simple) -> Simple:
        """Write a changed row, sealed anew, and give it; StaleError when it is no longer as it was
        read."""
        self._count_out(before)
        sealed = self.sealed(table, after)
        matches = [
            *(column == getattr(before, column.name) for column in table.primary_key),
            table.c.audit_seal == before.audit_seal,
        ]
        changed = self.connection.execute(update(table).where(*matches).values(sealed._asdict()))
        if changed.rowcount != 1:
            raise StaleError
        return sealed

    def delete(self, table: Table, *matching: ColumnElement[bool]) -> int:
        """Delete rows; give their number."""
        gone = delete(table).where(*matching).returning(table.c.audit_seal, table.c.audit_key)
        found = self.connection.execute(gone).all()
        for row in found:
            self._count_out(row)
        if table is users:
            self._counts[counts.USERS] -= len(found)
        return len(found)

    def delete_token(self, token: TokenRow) -> None:
        """Delete a locked token whose changes are flushed."""
        self._changed.pop(token.id, None)
        self._tokens.pop(token.id, None)
        self.delete(tokens, tokens.c.id == token.id)
        self._counts[self._statuses.pop(token.id)] -= 1

    def reseal(self, table: Table, rows: Sequence[Any]) -> None:
        """Write rows that are locked, sealed with the newest data key."""
        (primary_key,) = table.primary_key.columns
        names = [column.name for column in table.columns if column.name != primary_key.name]
        values_of = attrgetter(*names)
        written = []
        for row in rows:
            self._count_out(row)
            values = dict(zip(names, values_of(row), strict=True))
            values["audit_key"] = self.key.id
            sealed = SimpleNamespace(**values, **{primary_key.name: getattr(row, primary_key.name)})
            values["audit_seal"] = row_seals.seal(self.key.audit, table, sealed)
            self._change.add(self.key, values["audit_seal"])
            written.append(values | {"the_id": getattr(row, primary_key.name)})
        changed = update(table).where(primary_key == bindparam("the_id"))
        self.connection.execute(changed.values({name: bindparam(name) for name in names}), written)

    def lock_root(self) -> AuditRootRow:
        """Let no other transaction commit a change before this one, and give the root; StaleError
        when the data key was rotated meanwhile."""
        root = audit_root.read(self.connection, self.keys, _LOCKED_ROOT)
        if root.audit_key != self._root.audit_key:
            raise StaleError
        self._root = root
        return root

    def insert_data_key(self, key: DataKey, row: DataKeyRow) -> None:
        """Write a new data key, which seals from now on."""
        self.connection.execute(insert(data_keys).values(row._asdict()))
        self._change.add(key, row.audit_seal)
        self.key = key

    def update_data_key(self, before: DataKeyRow, after: DataKeyRow) -> None:
        """Write a data key as another master key wraps it."""
        key = self.keys.get(self.connection, before.id)
        self._change.remove(key, before.audit_seal)
        self._change.add(key, after.audit_seal)
        matching = update(data_keys).where(data_keys.c.id == before.id)
        self.connection.execute(matching.values(after._asdict()))

    def server_chain_head(self) -> ChainHead:
        """Lock the head of the server's chain, and give it; before the first entry an empty one."""
        row = self._server_chain()
        return ChainHead() if row is None else row.chain_head

    def flush(self) -> None:
        """Write all changes but the root to the database; StaleError when a row has changed since
        it was read."""
        if self._changed:
            self._write_tokens()
        if self._server_events:
            self._append_server_events()
        if self._inserts_nothing and not self._entries:
            self.connection.execute(_INSERT_NO_ENTRY)
        self._inserts_nothing = False
        self._write_entries(self._entries)
        self._changed.clear()
        self._entries.clear()
        self._server_events.clear()

    def release_tokens(self) -> None:
        """Write all changes as flush() does, and hold no token any more; those that were locked
        are locked until the end of the transaction. For very many tokens, part by part."""
        self.flush()
        self._tokens.clear()
        self._statuses.clear()
        self._others.clear()
        self._besides.clear()

    def complete(self) -> None:
        """Write all changes and the root; nothing may be changed after it. StaleError as for
        flush(), and when the data key was rotated meanwhile."""
        self.flush()
        self._write_counts()
        if not self._change.any:
            return
        if not self._write_root():
            # On PostgreSQL another worker has committed meanwhile. Its root is waited for.
            self.lock_root()
            if not self._write_root():
                raise StaleError

    def _write_root(self) -> bool:
        """Write the root; False when the database has another one than was read."""
        key = self.keys.get(self.connection, self._root.audit_key)
        root = audit_root.advanced(self._root, key, self.key, self._change)
        values = root._asdict() | {"the_version": self._root.version}
        return self.connection.execute(_UPDATE_ROOT, values).rowcount == 1

    def _write_counts(self) -> None:
        """Add to the kept numbers what this transaction has changed."""
        if not any(self._counts.values()):
            return
        before = self.find(counts_table, CountsRow, counts.LOCKED)
        if before is None:
            raise row_seals.missing(counts_table, counts.ID)
        self.update(counts_table, before, counts.changed(before, self._counts))
        self._counts.clear()

    def _hold(self, row: TokenRow) -> None:
        self._tokens[row.id] = self.checked(tokens, row)
        self._statuses[row.id] = row.status
        self._others[row.id] = _other_values(row)

    def _count_out(self, row: Any) -> None:
        self._change.remove(self.keys.get(self.connection, row.audit_key), row.audit_seal)

    def _write_entries(self, entries: Sequence[AuditRow]) -> None:
        if entries:
            try:
                _INSERT_ENTRIES.execute(self.connection, entries)
            except IntegrityError as error:
                raise OvertakenError(tuple(entries)) from error
            self._change.entries += len(entries)
            self._change.any = True

    def _write_tokens(self) -> None:
        """Write the changed tokens, those that were checked alone in fewer columns."""
        checked: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for token_id, read in sorted(self._changed.items()):
            token = self._tokens[token_id]
            self._seal(token, read)
            others = _other_values(token)
            if others == self._others[token_id]:
                checked.append((*_checked_values(token), token_id, read.sequence))
            else:
                self._others[token_id] = others
                changed.append((*_written_values(token), token_id, read.sequence))
        written = _UPDATE_CHECKED.execute(self.connection, checked)
        if written + _UPDATE.execute(self.connection, changed) != len(self._changed):
            raise StaleError

    def _seal(self, token: TokenRow, read: _Read) -> None:
        """Seal a changed token, and count it out of the root as it was read and in as it is."""
        token.audit_seal = row_seals.seal(self.key.audit, tokens, token)
        self._change.remove(self.keys.get(self.connection, read.key_id), read.seal)
        self._change.add(self.key, token.audit_seal)
        self._counts[self._statuses[token.id]] -= 1
        self._counts[token.status] += 1
        self._statuses[token.id] = token.status

    def _append_server_events(self) -> None:
        before = self._server_chain()
        head = ChainHead() if before is None else before.chain_head
        for event in self._server_events:
            head, entry = audit_chain.append(self.key, audit_chain.SERVER, head, event)
            self._entries.append(entry)
        after = chain_row(audit_chain.SERVER, head)
        if before is None:
            self.insert(chains, after)
        else:
            self.update(chains, before, after)

    def _server_chain(self) -> ChainRow | None:
        return self.find(chains, ChainRow, _SERVER_CHAIN)


def chain_row(chain: str, head: ChainHead) -> ChainRow:
    """Make the row of a chain that belongs to no token."""
    return ChainRow(chain, head.sequence, head.mac)


def _head_altered(connection: Connection, chain: str) -> AlteredError:
    """Make the error that the row with the head of this chain was altered."""
    if chain == audit_chain.UNATTRIBUTED:
        return row_seals.altered_row(unattributed_checks, "1")
    of_token = select(tokens.c.id).where(tokens.c.serial == chain)
    table = chains if connection.execute(of_token).first() is None else tokens
    return row_seals.altered_row(table, chain)


def no_token(serial: str) -> NotFoundError:
    """Make the error that there is no such token."""
    return NotFoundError("token-unknown", serial=serial[:64])

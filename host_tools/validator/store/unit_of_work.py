"""The unit of work: one transaction's changes to tokens, each with its audit entry.

Rows are locked when they are loaded, in ascending order of their ids, so that two workers cannot
deadlock. Changes are kept in memory and written at the end by a conditional UPDATE, which matches
its row only if no entry was appended to the token's audit chain since the row was read. So of
several concurrent workers exactly one succeeds.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from host_tools.secret import Secret
from host_tools.validator.errors import NotFoundError
from host_tools.validator.store import audit_chain, token_rows
from host_tools.validator.store.audit_chain import AuditRow, ChainHead, Detail, Event
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import ChainRow, TokenRow
from host_tools.validator.store.tables import audit, chains, tokens

_BATCH = 500  # rows asked for in one statement

_WRITTEN = [
    column.name for column in tokens.columns if column.name not in ("id", "serial", "created_at")
]
_written_values = attrgetter(*_WRITTEN)
_UPDATE = (
    update(tokens)
    .where(tokens.c.id == bindparam("the_id"), tokens.c.audit_sequence == bindparam("the_sequence"))
    .values({name: bindparam(name) for name in _WRITTEN})
)
_LOCKED = select(tokens).order_by(tokens.c.id).with_for_update()
_BY_ID = _LOCKED.where(tokens.c.id.in_(bindparam("ids", expanding=True)))
_BY_SERIAL = _LOCKED.where(tokens.c.serial == bindparam("serial"))
_CHAIN = select(chains).where(chains.c.chain == bindparam("chain")).with_for_update()


class StaleError(Exception):
    """Another worker has changed a row first; the transaction must be repeated."""


class UnitOfWork:
    """The locked tokens of one transaction and the audit entries of their changes."""

    def __init__(self, connection: Connection, keys: DataKeys, now: float, actor: str) -> None:
        """Work on an open writing transaction, on behalf of `actor`."""
        self.connection = connection
        self.keys = keys
        self.now = float(now)
        self.actor = actor
        self._key = keys.latest(connection)
        self._tokens: dict[int, TokenRow] = {}
        # The audit sequence number of each changed token, as it was read.
        self._sequences: dict[int, int] = {}
        self._entries: list[AuditRow] = []
        self._server_events: list[Event] = []

    def lock_tokens(self, ids: Iterable[int]) -> dict[int, TokenRow]:
        """Lock tokens; give all that are locked, by id. Those that are gone are left out."""
        wanted = sorted(set(ids) - self._tokens.keys())
        for start in range(0, len(wanted), _BATCH):
            found = self.connection.execute(_BY_ID, {"ids": wanted[start : start + _BATCH]})
            self._tokens.update((row[0], TokenRow(*row)) for row in found)
        return self._tokens

    def lock_token(self, serial: str) -> TokenRow:
        """Lock one token; KodebrikError when there is none."""
        found = self.connection.execute(_BY_SERIAL, {"serial": serial}).one_or_none()
        if found is None:
            raise no_token(serial)
        return self._tokens.setdefault(found.id, TokenRow(*found))

    def secret(self, token: TokenRow) -> Secret:
        """Decrypt a token's secret."""
        key = self.keys.get(self.connection, token.data_key)
        return key.decrypt_secret(token.encrypted_secret, token.serial)

    def fingerprint(self, kind: str, text: str) -> str:
        """Give 8 bytes of a keyed hash, as hexadecimal: equal for equal texts, and tells nothing
        else."""
        return self._key.hash("fingerprint", kind, text)[:8].hex()

    def record(
        self, token: TokenRow, action: str, detail: Detail, *, actor: str | None = None
    ) -> None:
        """Append to a locked token's audit chain; flush() then writes the token's row as well.

        `actor` is who did it, if not the unit's actor.
        """
        self._sequences.setdefault(token.id, token.audit_sequence)
        event = Event(self.now, actor or self.actor, action, detail)
        head, entry = audit_chain.append(self._key, token.serial, token.chain_head, event)
        token.audit_sequence, token.audit_mac = head
        token.audit_key = self._key.id
        self._entries.append(entry)

    def record_server_event(self, action: str, detail: Detail, *, actor: str | None = None) -> None:
        """Append to the server's audit chain."""
        self._server_events.append(Event(self.now, actor or self.actor, action, detail))

    def is_new_database(self) -> bool:
        """Say whether the server's chain has no entry yet."""
        return self.connection.execute(_CHAIN, {"chain": audit_chain.SERVER}).first() is None

    def release(self, token: TokenRow) -> None:
        """Do not write this token at the next flush: it is being deleted."""
        self._sequences.pop(token.id, None)
        self._tokens.pop(token.id, None)

    def flush(self) -> None:
        """Write all changes to the database; StaleError when a row has changed since it was
        read."""
        if self._sequences:
            updates = [
                self._update_parameters(self._tokens[key], sequence)
                for key, sequence in sorted(self._sequences.items())
            ]
            if self.connection.execute(_UPDATE, updates).rowcount != len(updates):
                raise StaleError
        if self._server_events:
            self._append_server_events()
        if self._entries:
            self.connection.execute(insert(audit), [entry._asdict() for entry in self._entries])
        self._sequences.clear()
        self._entries.clear()
        self._server_events.clear()

    def store_chain_head(self, chain: str, head: ChainHead) -> None:
        """Store the head of a chain that belongs to no token."""
        seal = audit_chain.seal(self._key, chain, head)
        row = ChainRow(chain, head.sequence, head.mac, seal, self._key.id)._asdict()
        changed = self.connection.execute(
            update(chains).where(chains.c.chain == chain).values(**row)
        )
        if changed.rowcount == 0:
            self.connection.execute(insert(chains).values(**row))

    def _update_parameters(self, token: TokenRow, sequence: int) -> dict[str, Any]:
        token.audit_seal = audit_chain.seal(
            self._key, token.serial, token.chain_head, token_rows.sealed_values(token)
        )
        parameters = dict(zip(_WRITTEN, _written_values(token), strict=True))
        return parameters | {"the_id": token.id, "the_sequence": sequence}

    def _append_server_events(self) -> None:
        found = self.connection.execute(_CHAIN, {"chain": audit_chain.SERVER}).one_or_none()
        head = ChainHead() if found is None else ChainRow(*found).chain_head
        for event in self._server_events:
            head, entry = audit_chain.append(self._key, audit_chain.SERVER, head, event)
            self._entries.append(entry)
        self.store_chain_head(audit_chain.SERVER, head)


def no_token(serial: str) -> NotFoundError:
    """Make the error that there is no such token."""
    return NotFoundError("token-unknown", serial=serial[:64])

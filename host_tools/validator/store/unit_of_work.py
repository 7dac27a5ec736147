"""One transaction's changes to tokens, each with its entry in the audit.

Rows are locked when they are loaded, in the order of their numbers, so that two workers never wait
for each other in a ring. What changes is kept here and written at the end: one conditional UPDATE
decides, whatever the number of workers, for it finds its row only when nobody has written an entry
to the token's chain since it was read.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from host_tools.secret import Secret
from host_tools.validator.errors import NotFoundError
from host_tools.validator.store import audit_chain, token_rows
from host_tools.validator.store.audit_chain import Detail, Head, Note
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.tables import audit as audit_table
from host_tools.validator.store.tables import chains, tokens

_AT_ONCE = 500  # rows asked for in one statement

_WRITTEN = [
    column.name for column in tokens.columns if column.name not in ("id", "serial", "created_at")
]
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
    """Another worker was quicker; the transaction is to be repeated."""


class Ledger:
    """The tokens of one transaction, as loaded and as they shall be."""

    def __init__(self, connection: Connection, keys: DataKeys, now: float, actor: str) -> None:
        """Work on an open writing transaction, on behalf of `actor`."""
        self.connection = connection
        self.keys = keys
        self.now = float(now)
        self.actor = actor
        self._key = keys.latest(connection)
        self._rows: dict[int, dict[str, Any]] = {}
        self._read_at: dict[
            int, int
        ] = {}  # the sequence number of each changed row, as it was read
        self._entries: list[dict[str, Any]] = []
        self._server: list[Note] = []

    def load(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Lock tokens and give their rows by number; those that are gone are left out."""
        wanted = sorted(set(ids) - self._rows.keys())
        for start in range(0, len(wanted), _AT_ONCE):
            found = self.connection.execute(
                _BY_ID, {"ids": wanted[start : start + _AT_ONCE]}
            ).mappings()
            self._rows.update((row["id"], dict(row)) for row in found)
        return self._rows

    def token(self, serial: str) -> dict[str, Any]:
        """Lock one token and give its row; KodebrikError when there is none."""
        found = self.connection.execute(_BY_SERIAL, {"serial": serial}).mappings().one_or_none()
        if found is None:
            raise no_token(serial)
        return self._rows.setdefault(found["id"], dict(found))

    def secret(self, row: token_rows.Row) -> Secret:
        """Open a token's secret."""
        return self.keys.get(self.connection, row["data_key"]).open(row["sealed"], row["serial"])

    def fingerprint(self, kind: str, text: str) -> str:
        """Give 8 bytes of a keyed hash, as hexadecimal: tells that two texts were the same, and
        nothing else."""
        return self._key.hash("fingerprint", kind, text)[:8].hex()

    def note(
        self,
        row: dict[str, Any],
        action: str,
        detail: Detail,
        *,
        by: str | None = None,
        **changes: Any,
    ) -> None:
        """Change a loaded row, and write into its chain what was done (by whom, if not by the
        ledger's actor)."""
        self._read_at.setdefault(row["id"], row["audit_sequence"])
        row.update(changes)
        head, written = audit_chain.entry(
            self._key,
            row["serial"],
            Head(row["audit_sequence"], row["audit_mac"]),
            Note(self.now, by or self.actor, action, detail),
        )
        row.update(audit_sequence=head.sequence, audit_mac=head.mac, audit_key=self._key.id)
        self._entries.append(written)

    def is_new(self) -> bool:
        """Say whether the server's chain has no entry yet."""
        return self.connection.execute(_CHAIN, {"chain": audit_chain.SERVER}).first() is None

    def note_server(self, action: str, detail: Detail, *, by: str | None = None) -> None:
        """Write into the server's chain what was done."""
        self._server.append(Note(self.now, by or self.actor, action, detail))

    def forget(self, row: dict[str, Any]) -> None:
        """Leave a row out of what is written at the end: it is being deleted."""
        self._read_at.pop(row["id"], None)
        self._rows.pop(row["id"], None)

    def head(self, row: token_rows.Row) -> Head:
        """Give the head of a token's chain."""
        return Head(row["audit_sequence"], row["audit_mac"])

    def flush(self) -> None:
        """Write everything; StaleError when a row has changed under us."""
        if self._read_at:
            written = [
                self._parameters(self._rows[key], sequence)
                for key, sequence in sorted(self._read_at.items())
            ]
            if self.connection.execute(_UPDATE, written).rowcount != len(written):
                raise StaleError
        if self._server:
            self._write_server()
        if self._entries:
            self.connection.execute(insert(audit_table), self._entries)
        self._read_at.clear()
        self._entries.clear()
        self._server.clear()

    def set_chain(self, chain: str, head: Head) -> None:
        """Keep the head of a chain that belongs to no token."""
        sealed = audit_chain.seal(self._key, chain, head)
        values = {"audit_sequence": head.sequence, "audit_mac": head.mac, "audit_seal": sealed}
        values["audit_key"] = self._key.id
        changed = self.connection.execute(
            update(chains).where(chains.c.chain == chain).values(**values)
        )
        if changed.rowcount == 0:
            self.connection.execute(insert(chains).values(chain=chain, **values))

    def _parameters(self, row: dict[str, Any], sequence: int) -> dict[str, Any]:
        row["audit_seal"] = audit_chain.seal(
            self._key, row["serial"], self.head(row), token_rows.sealed_part(row)
        )
        return {name: row[name] for name in _WRITTEN} | {
            "the_id": row["id"],
            "the_sequence": sequence,
        }

    def _write_server(self) -> None:
        found = self.connection.execute(_CHAIN, {"chain": audit_chain.SERVER}).one_or_none()
        head = Head() if found is None else Head(found.audit_sequence, found.audit_mac)
        for note in self._server:
            head, written = audit_chain.entry(self._key, audit_chain.SERVER, head, note)
            self._entries.append(written)
        self.set_chain(audit_chain.SERVER, head)


def no_token(serial: str) -> NotFoundError:
    """Say that there is no such token."""
    return NotFoundError(
        f"There is no token with the serial number {serial[:64]!r}.", "Check the serial number."
    )

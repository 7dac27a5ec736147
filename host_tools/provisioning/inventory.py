"""The inventory of provisioned tokens: their accounts, and their secrets sealed under the issuer
key.

One private SQLite file (mode 0600), so that changes are atomic and concurrent commands do not
overwrite each other. Times are Unix seconds (UTC).
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from firmware.protocol.messages import ENTRIES
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import KeyPackage
from host_tools.messages import system_errors
from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.provisioning import inventory_records, issuer_key_file
from host_tools.provisioning.clock_accuracy import clock_ppm
from host_tools.provisioning.inventory_records import InventoryAccount, InventoryEntry
from host_tools.secret import Secret

_VERSION = 1
_TABLES = """
CREATE TABLE tokens (
    serial TEXT PRIMARY KEY, product TEXT NOT NULL, board TEXT NOT NULL, version TEXT NOT NULL,
    first_at REAL NOT NULL, clock_set_at REAL
) STRICT;
CREATE TABLE accounts (
    serial TEXT NOT NULL REFERENCES tokens, name TEXT NOT NULL, kind TEXT NOT NULL,
    algorithm TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER, counter INTEGER,
    suite TEXT, entry TEXT, fingerprint TEXT NOT NULL,
    written_at REAL NOT NULL, issuer TEXT, sealed BLOB, PRIMARY KEY (serial, name)
) STRICT;
"""


class Inventory:
    """An open inventory file; as a context manager it closes itself."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        """Open the file, or create it with its folder; `warn` is called when other users can read
        it."""
        self._path = path
        with _errors(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite would create it readable for others
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                warn(Message("readable-by-others", path=path))
            self._database = sqlite3.connect(path, isolation_level=None, timeout=20)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Inventory":
        """Enter the context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._database.close()

    def record(  # noqa: PLR0913 - the columns of an account
        self,
        *,
        serial: str,
        product: str,
        board: str,
        version: str,
        credential: Credential,
        fingerprint: str,
        now: float,
        clock_set_at: float | None,
        issuer_key: Secret | None,
    ) -> None:
        """Store a token and one account that was written to it, in place of an earlier entry.

        Without `issuer_key` the account is stored without its secret.
        """
        account = InventoryAccount(
            name=credential.name,
            kind=credential.kind,
            algorithm=credential.algorithm,
            digits=credential.digits,
            period=credential.period,
            counter=credential.counter,
            suite=credential.suite,
            entry=credential.entry if credential.suite else None,
            fingerprint=fingerprint,
            written_at=now,
            issuer=issuer_key_file.fingerprint(issuer_key) if issuer_key else None,
        )
        sealed = (
            inventory_records.seal(issuer_key, serial, account, credential.secret)
            if issuer_key
            else None
        )
        with _errors(self._path):
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (serial) DO UPDATE SET"
                " (product, board, version, clock_set_at)"
                " = (excluded.product, excluded.board, excluded.version, excluded.clock_set_at)",
                (serial, product, board, version, now, clock_set_at),
            )
            self._database.execute(
                f"INSERT OR REPLACE INTO accounts VALUES ({', '.join('?' * 13)})",  # noqa: S608 - marks alone
                (serial, *vars(account).values(), sealed),
            )
            self._database.execute("COMMIT")

    def forget(self, serial: str, account: str | None = None) -> None:
        """Delete one account of a token, or all (None); the token itself stays listed."""
        with _errors(self._path):
            self._database.execute(
                "DELETE FROM accounts WHERE serial = ? AND coalesce(?, name) = name",
                (serial, account),
            )

    def entries(self, text: str = "") -> list[InventoryEntry]:
        """List the tokens whose serial number, product or an account's name contains `text` in any
        case, sorted by serial number."""
        with _errors(self._path):
            tokens = self._database.execute("SELECT * FROM tokens ORDER BY serial").fetchall()
            query = f"SELECT serial, {_COLUMNS} FROM accounts ORDER BY serial, name"  # noqa: S608
            rows = self._database.execute(query).fetchall()
        accounts: dict[str, list[InventoryAccount]] = {}
        for serial, *fields in rows:
            accounts.setdefault(serial, []).append(InventoryAccount(*fields))
        found = [InventoryEntry(*(*token, tuple(accounts.get(token[0], ())))) for token in tokens]
        wanted = text.casefold()
        return [
            entry
            for entry in found
            if any(
                wanted in part.casefold()
                for part in (entry.serial, entry.product, *(a.name for a in entry.accounts))
            )
        ]

    def entry(self, serial: str) -> InventoryEntry:
        """Give one token's entry; KodebrikError when it is not in the inventory."""
        for entry in self.entries():
            if entry.serial == serial:
                return entry
        raise KodebrikError(
            "inventory-token-unknown", ExitCode.FILE, serial=serial, path=self._path
        )

    def key_packages(
        self, issuer_key: Secret, serials: Iterable[str] = (), account: str | None = None
    ) -> list[KeyPackage]:
        """Give the key packages of the tokens `serials`, by default of all that have an account.

        Of each token its only account is taken, or the one named `account`. KodebrikError when
        that is ambiguous, or a secret is missing or sealed under another issuer key.
        """
        chosen = [self.entry(serial) for serial in serials] or self.entries()
        return [self._key_package(issuer_key, entry, account) for entry in chosen if entry.accounts]

    def _key_package(
        self, issuer_key: Secret, entry: InventoryEntry, name: str | None
    ) -> KeyPackage:
        named = [account for account in entry.accounts if name in (None, account.name)]
        if len(named) != 1:
            names = ", ".join(account.name for account in entry.accounts)
            raise KodebrikError(
                "inventory-several-accounts", ExitCode.USAGE, serial=entry.serial, names=names
            )
        account = named[0]
        with _errors(self._path):
            (sealed,) = self._database.execute(
                "SELECT sealed FROM accounts WHERE serial = ? AND name = ?",
                (entry.serial, account.name),
            ).fetchone()
        if sealed is None or account.issuer != issuer_key_file.fingerprint(issuer_key):
            raise KodebrikError(
                "inventory-secret-other-key" if sealed else "inventory-secret-not-kept",
                ExitCode.WRONG_KEY,
                serial=entry.serial,
                account=account.name,
                issuer=account.issuer or "",
            )
        credential = Credential(
            name=account.name,
            secret=inventory_records.unseal(issuer_key, entry.serial, account, sealed),
            algorithm=account.algorithm,
            digits=account.digits,
            period=account.period,
            counter=account.counter,
            suite=account.suite,
            entry=account.entry or ENTRIES[0],
        )
        ppm = clock_ppm(entry.board, entry.product)
        return KeyPackage(
            entry.serial,
            credential,
            account.suite,
            "kodebrik",
            entry.product,
            entry.clock_set_at,
            ppm,
        )

    def _prepare(self) -> None:
        with _errors(self._path):
            self._database.execute("BEGIN IMMEDIATE")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES.split(";")[:-1]:
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
            self._database.execute("COMMIT")
        if version > _VERSION:
            raise KodebrikError("inventory-newer", ExitCode.BAD_INPUT, path=self._path)


_COLUMNS = (
    "name, kind, algorithm, digits, period, counter, suite, entry, fingerprint, written_at, issuer"
)


class _errors:  # noqa: N801 - used as a statement
    """Turn the errors of SQLite and of the file system into KodebrikError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            reason = (
                system_errors.reason(error)
                if isinstance(error, OSError)
                else system_errors.sqlite_reason(error)
            )
            raise KodebrikError(
                "inventory-unusable", ExitCode.FILE, path=self._path, reason=reason
            ) from None

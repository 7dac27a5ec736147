"""The inventory of tokens: what each is, its accounts, and their secrets sealed under the issuer
key.

It is one file, or the PostgreSQL that several stations share (inventory_database.py). Times are
Unix seconds (UTC).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from firmware.protocol.messages import ENTRIES
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import KeyPackage
from host_tools.otp.credential import Credential
from host_tools.provisioning import (
    access_key,
    inventory_database,
    inventory_records,
    issuer_key_file,
)
from host_tools.provisioning.clock_accuracy import clock_ppm
from host_tools.provisioning.inventory_records import (
    PROVISIONED,
    WIPED,
    InventoryAccount,
    InventoryEntry,
)
from host_tools.secret import Secret

_PAGE = 500  # tokens that are read at once
_COLUMNS = ", ".join(field.name for field in fields(InventoryAccount))
_TOKEN_NAMES = [field.name for field in fields(InventoryEntry) if field.name != "accounts"]
_TOKEN = ", ".join(_TOKEN_NAMES)


@dataclass(frozen=True)
class KeyPackages:
    """The key packages of tokens; `left_out` are the serial numbers of those of which none was
    taken, as it was not clear which account, or they have not the one that was named."""

    packages: list[KeyPackage]
    left_out: list[str]


class Inventory:
    """An open inventory; as a context manager it closes itself. For one thread at a time."""

    def __init__(
        self, place: Path | str, warn: Callable[[str], None], *, make: bool = True
    ) -> None:
        """Open the file or PostgreSQL at `place`; with `make` it is made, a file with its folder.
        `warn` is called when other users can read it."""
        self.database = inventory_database.opened(place, warn, make=make)

    def __enter__(self) -> "Inventory":
        """Enter the context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.database.close()

    def record(  # noqa: PLR0913 - the columns of token and account
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
        operator: str | None = None,
        board_id: str | None = None,
        state: str = PROVISIONED,
        batch: str | None = None,
    ) -> None:
        """Store a token and one account that was written to it, in place of an earlier entry.

        Without `issuer_key` the account is stored without its secret. What is None of the token
        stays as it was.
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
        sealed = key = None
        if issuer_key:
            sealed = inventory_records.seal(issuer_key, serial, account, credential.secret)
            key = access_key.fingerprint(access_key.derive(issuer_key, serial))
        with self.database.transaction():
            self.note(
                serial,
                now,
                product=product,
                board=board,
                version=version,
                clock_set_at=clock_set_at,
                board_id=board_id,
                key_fingerprint=key,
                state=state,
                operator=operator,
                batch=batch,
            )
            self.database.execute(
                f"INSERT INTO accounts (serial, {_COLUMNS}, sealed)"  # noqa: S608 - our columns
                f" VALUES ({_marks(13)}) ON CONFLICT (serial, name) DO UPDATE SET"
                f" ({_COLUMNS}, sealed) = ({_excluded(_COLUMNS)}, excluded.sealed)",
                (serial, *vars(account).values(), sealed),
            )

    def note(self, serial: str, now: float, **columns: object) -> None:
        """Write columns of a token, which is made if it is new; those that are None stay as they
        are."""
        known = {name: value for name, value in columns.items() if value is not None}
        known["updated_at"] = now
        names = ", ".join(known)
        if self.database.execute("SELECT 1 FROM tokens WHERE serial = ?", (serial,)):
            changes = ", ".join(f"{name} = ?" for name in known)
            self.database.execute(
                f"UPDATE tokens SET {changes} WHERE serial = ?",  # noqa: S608 - our columns
                (*known.values(), serial),
            )
            return
        self.database.execute(
            f"INSERT INTO tokens (serial, first_at, {names}) VALUES ({_marks(len(known) + 2)})",  # noqa: S608
            (serial, now, *known.values()),
        )

    def forget(self, serial: str, account: str | None = None) -> None:
        """Delete one account of a token, or all (None), in a transaction; the token itself stays
        listed."""
        self.database.execute(
            "DELETE FROM accounts WHERE serial = ? AND coalesce(?, name) = name",
            (serial, account),
        )
        if account is None:
            self.database.execute("UPDATE tokens SET state = ? WHERE serial = ?", (WIPED, serial))

    def entries(self, text: str = "") -> list[InventoryEntry]:
        """List the tokens whose serial number, product or an account's name contains `text` in any
        case, sorted by serial number."""
        wanted = text.casefold()
        return [
            entry
            for entry in self.each()
            if any(
                wanted in part.casefold()
                for part in (entry.serial, entry.product, *(a.name for a in entry.accounts))
            )
        ]

    def each(self, batch: str | None = None) -> Iterator[InventoryEntry]:
        """Give the tokens, of one batch or all (None), by serial number; a page of them is in
        memory at a time."""
        last = ""
        while True:
            tokens = self.database.execute(
                f"SELECT {_TOKEN} FROM tokens WHERE serial > ? AND coalesce(?, batch, '')"  # noqa: S608
                f" = coalesce(batch, '') ORDER BY serial LIMIT {_PAGE}",
                (last, batch),
            )
            if not tokens:
                return
            first, last = tokens[0][0], tokens[-1][0]
            accounts: dict[str, list[InventoryAccount]] = {}
            for serial, *values in self.database.execute(
                f"SELECT serial, {_COLUMNS} FROM accounts WHERE serial >= ? AND serial <= ?"  # noqa: S608
                " ORDER BY serial, name",
                (first, last),
            ):
                accounts.setdefault(serial, []).append(InventoryAccount(*values))
            for token in tokens:
                yield _entry(token, accounts.get(token[0], ()))

    def find(self, serial: str) -> InventoryEntry | None:
        """Give one token's entry, None when it is not in the inventory."""
        tokens = self.database.execute(f"SELECT {_TOKEN} FROM tokens WHERE serial = ?", (serial,))  # noqa: S608
        if not tokens:
            return None
        rows = self.database.execute(
            f"SELECT {_COLUMNS} FROM accounts WHERE serial = ? ORDER BY name",  # noqa: S608
            (serial,),
        )
        return _entry(tokens[0], [InventoryAccount(*row) for row in rows])

    def entry(self, serial: str) -> InventoryEntry:
        """Give one token's entry; KodebrikError when it is not in the inventory."""
        found = self.find(serial)
        if found is None:
            raise KodebrikError(
                "inventory-token-unknown",
                ExitCode.NOT_FOUND,
                serial=serial,
                path=self.database.name,
            )
        return found

    def key_packages(
        self, issuer_key: Secret, serials: Iterable[str] = (), account: str | None = None
    ) -> KeyPackages:
        """Give the key packages of the tokens `serials`, by default of all that have an account and
        are finished.

        Of each token its only account is taken, or the one named `account`. KodebrikError when a
        token of `serials`, or every token, has no such one, or a secret is missing or sealed under
        another issuer key.
        """
        asked = [self.entry(serial) for serial in serials]
        packages, left_out = [], []
        for entry in asked or self.each():
            if not _is_finished(entry):
                continue
            if asked or _account(entry, account) is not None:
                packages.append(self.key_package(issuer_key, entry, account))
            else:
                left_out.append(entry)
        if left_out and not packages:
            raise _no_account(left_out[0], account)
        return KeyPackages(packages, [entry.serial for entry in left_out])

    def each_key_package(
        self, issuer_key: Secret, batch: str, account: str
    ) -> Iterator[KeyPackage]:
        """Give the key packages of a batch's account, one at a time. A token that a station has not
        finished is left out, and one that no longer has the account."""
        for entry in self.each(batch):
            if _is_finished(entry) and _account(entry, account) is not None:
                yield self.key_package(issuer_key, entry, account)

    def key_package(
        self, issuer_key: Secret, entry: InventoryEntry, name: str | None = None
    ) -> KeyPackage:
        """Give the key package of one token, as key_packages() does."""
        account = _account(entry, name)
        if account is None:
            raise _no_account(entry, name)
        ((sealed,),) = self.database.execute(
            "SELECT sealed FROM accounts WHERE serial = ? AND name = ?",
            (entry.serial, account.name),
        )
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


def _entry(token: tuple[Any, ...], accounts: Iterable[InventoryAccount]) -> InventoryEntry:
    columns = dict(zip(_TOKEN_NAMES, token, strict=True))
    return InventoryEntry(accounts=tuple(accounts), **columns)


def _is_finished(entry: InventoryEntry) -> bool:
    return bool(entry.accounts) and entry.state == PROVISIONED


def _account(entry: InventoryEntry, name: str | None) -> InventoryAccount | None:
    """Give a token's account `name`, or its only one (None); None when there is no such one."""
    named = [account for account in entry.accounts if name in (None, account.name)]
    return named[0] if len(named) == 1 else None


def _no_account(entry: InventoryEntry, name: str | None) -> KodebrikError:
    names = ", ".join(account.name for account in entry.accounts)
    if name is None:
        return KodebrikError(
            "inventory-several-accounts", ExitCode.USAGE, serial=entry.serial, names=names
        )
    return KodebrikError(
        "inventory-account-unknown",
        ExitCode.NOT_FOUND,
        serial=entry.serial,
        account=name,
        names=names,
    )


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _excluded(columns: str) -> str:
    return ", ".join(f"excluded.{name}" for name in columns.split(", "))

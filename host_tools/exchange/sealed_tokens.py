"""The tokens of a file that was read, a million of them as well as one, in bounded memory.

They lie in a temporary database, each sealed (AES-256-GCM) under a key that only this object has:
nobody reads them there.
"""

import json
import pickle
from collections.abc import Iterator, Sequence
from typing import overload

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host_tools.exchange import temporary_database
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

_TABLE = "CREATE TABLE tokens (number INTEGER PRIMARY KEY, serial TEXT UNIQUE, place, sealed)"
_NONCE = 12  # bytes


class SealedTokens(Sequence[KeyPackage]):
    """Tokens in the order in which they were added, no two with one serial number."""

    def __init__(self) -> None:
        """Begin without tokens."""
        self._cipher, self._count = AESGCM(AESGCM.generate_key(256)), 0
        self._database = temporary_database.opened(self, _TABLE)

    def add(self, token: KeyPackage, where: str) -> None:
        """Add a token of the file; KodebrikError when one that was added before, in another
        place than `where`, has its serial number, or when there is no room for more."""
        with temporary_database.room_needed():
            self._add(token, where)

    def _add(self, token: KeyPackage, where: str) -> None:
        known = self._database.execute(
            "SELECT place FROM tokens WHERE serial = ?", (token.serial,)
        ).fetchone()
        if known is not None:
            first = pickle.loads(known[0])  # noqa: S301 - written below
            raise bad("key-serial-twice", serial=token.serial, first=first, second=where)
        sealed = self._cipher.encrypt(self._count.to_bytes(_NONCE), _packed(token), None)
        row = (self._count, token.serial, pickle.dumps(where), sealed)
        self._database.execute("INSERT INTO tokens VALUES (?, ?, ?, ?)", row)
        self._count += 1

    def __len__(self) -> int:
        """Count the tokens."""
        return self._count

    def __iter__(self) -> Iterator[KeyPackage]:
        """Give the tokens one by one."""
        for row in self._database.execute("SELECT number, sealed FROM tokens ORDER BY number"):
            yield self._opened(*row)

    @overload
    def __getitem__(self, index: int) -> KeyPackage: ...
    @overload
    def __getitem__(self, index: slice) -> list[KeyPackage]: ...
    def __getitem__(self, index: int | slice) -> KeyPackage | list[KeyPackage]:
        """Give one token, or some as a list."""
        numbers = range(self._count)[index]
        if isinstance(numbers, range):
            return [self[number] for number in numbers]
        query = "SELECT number, sealed FROM tokens WHERE number = ?"
        return self._opened(*self._database.execute(query, (numbers,)).fetchone())

    def _opened(self, number: int, sealed: bytes) -> KeyPackage:
        return _unpacked(self._cipher.decrypt(number.to_bytes(_NONCE), sealed, None))


def _packed(token: KeyPackage) -> bytes:
    credential = vars(token.credential) | {"secret": token.credential.secret.reveal().hex()}
    return json.dumps(vars(token) | {"credential": credential}).encode()


def _unpacked(packed: bytes) -> KeyPackage:
    fields = json.loads(packed)
    credential = fields.pop("credential")
    secret = Secret(bytes.fromhex(credential.pop("secret")))
    return KeyPackage(credential=Credential(secret=secret, **credential), **fields)

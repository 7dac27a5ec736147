"""The tokens of a file that was read, a million of them as well as one, in bounded memory.

They lie in a temporary database, each sealed (AES-256-GCM) under a key that only this object has:
nobody reads them there. Beside each is a keyed hash of its secret (HMAC-SHA256), by which those
with one secret are found.
"""

import hmac
import json
import pickle
import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import overload

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host_tools.exchange import temporary_database
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

_TABLE = (
    "CREATE TABLE tokens (number INTEGER PRIMARY KEY, serial TEXT UNIQUE, place, sealed, secret)"
)
# It sorts: an index that grows with each token would take as long as all the rest.
_SHARED = (
    "SELECT min(number), max(number), count(*) - 1 FROM tokens GROUP BY secret"
    " HAVING count(*) > 1 ORDER BY min(number)"
)
_NONCE = 12  # bytes
_HASH = 16  # bytes


class SealedTokens(Sequence[KeyPackage]):
    """Tokens in the order in which they were added, no two with one serial number."""

    def __init__(self) -> None:
        """Begin without tokens."""
        self._cipher, self._count = AESGCM(AESGCM.generate_key(256)), 0
        self._hash_key = secrets.token_bytes(32)
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
        secret = hmac.digest(self._hash_key, token.credential.secret.reveal(), "sha256")[:_HASH]
        row = (self._count, token.serial, pickle.dumps(where), sealed, secret)
        self._database.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", row)
        self._count += 1

    def shared_secrets(self, most: int) -> tuple[list[tuple[str, str]], int]:
        """Give the serial numbers of two tokens for each secret that several have, for `most`
        secrets; and how many more tokens have the secret of another one."""
        with temporary_database.room_needed():
            found = self._database.execute(_SHARED)
            named = list(islice(found, most))
            others = sum(count for *_, count in chain(named, found))
        pairs = [(self[first].serial, self[last].serial) for first, last, _ in named]
        return pairs, others - len(pairs)

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


def sealed(tokens: Iterable[KeyPackage]) -> SealedTokens:
    """Give tokens that are no file's as those of one."""
    found = SealedTokens()
    for token in tokens:
        found.add(token, token.serial)
    return found


def _packed(token: KeyPackage) -> bytes:
    credential = vars(token.credential) | {"secret": token.credential.secret.reveal().hex()}
    return json.dumps(vars(token) | {"credential": credential}).encode()


def _unpacked(packed: bytes) -> KeyPackage:
    fields = json.loads(packed)
    credential = fields.pop("credential")
    secret = Secret(bytes.fromhex(credential.pop("secret")))
    return KeyPackage(credential=Credential(secret=secret, **credential), **fields)

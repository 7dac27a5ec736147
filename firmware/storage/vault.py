"""The vault: access key, credentials, PIN, settings and clock data as one encrypted body in the
journal.

Body: version byte, salt (16 bytes), then a CBOR map sealed under HKDF-SHA256(board's unique id,
salt). The salt is fresh for every save, so no two bodies share a key, and another board cannot
decrypt them. Each method that changes something is one save: the change is in flash when the method
returns, and nothing has changed when it raises.

Opening the vault costs six HMACs at every press, so modules that only a change needs are imported
by the change.
"""

from firmware.crypto.seal import seal, unseal
from firmware.otp.hmac import hkdf_sha256
from firmware.protocol.cbor import dumps, loads
from firmware.storage.journal import Journal, StorageError

if False:
    from firmware.interfaces import AesEcb, Random  # type: ignore[unreachable]

# States and kinds of key as in protocol/messages.py; a test compares the two lists. That module is
# not imported here, as its table of errors would be loaded at every press.
BLANK = "blank"
IN_USE = "in_use"
BLOCKED = "blocked"
WIPED = "wiped"
DAMAGED = "damaged"
KEY_NONE = "none"
PIN_TRIES = 10

_VERSION = b"\x01"
_SALT_SIZE = 16
_NONCE_SIZE = 16
_INFO = b"kodebrik vault 1"
_LIFETIME = 50 * 31557600  # seconds; half of what a wrong century bit adds


def trusted(now: int, set_at: int) -> bool:
    """Return True for a time that a clock can show which was set at `set_at` (Unix seconds; 0 for
    never): not before that, and not a lifetime after."""
    return set_at <= now and (not set_at or now - set_at < _LIFETIME)


class VaultError(Exception):
    """A change was refused or failed; `number` is the link's error number."""

    def __init__(self, number: int):
        """Keep the error number only, so that no message can hold a secret."""
        super().__init__(number)
        self.number = number


class Vault:
    """The token's persistent state, secrets included."""

    def __init__(self, journal: Journal, unique_id: bytes, aes_ecb: "AesEcb", random: "Random"):
        """Open the vault. aes_ecb(key) returns the AES function of a 32-byte key; random(n) returns
        n random bytes."""
        self._journal = journal
        self._unique_id = unique_id
        self._aes_ecb = aes_ecb
        self._random = random
        self._content: dict = {}
        self._settled: dict | None = None  # the content that settle() has made
        self._load()

    def __repr__(self) -> str:
        """Return state and number of accounts, nothing secret."""
        return "<Vault " + self.state + ", " + str(len(self.credentials)) + " accounts>"

    @property
    def state(self) -> str:
        """One of BLANK, IN_USE, BLOCKED, WIPED, DAMAGED. Too many wrong PINs also mean BLOCKED."""
        pin = self.pin
        return BLOCKED if pin is not None and pin["tries"] >= PIN_TRIES else self._content["state"]

    @property
    def key_kind(self) -> str:
        """Kind of the access key: KEY_NONE, or the kind given to set_key()."""
        return self._content["key_kind"]

    @property
    def access_key(self) -> bytes | None:
        """The link's pre-shared key, 32 bytes, or None."""
        return self._content["access_key"]

    @property
    def credentials(self) -> list:
        """Maps of name, secret and kind: "totp" and "hotp" with algorithm, digits and period (s) or
        counter; "ocra" with suite, entry ("number" or "payment") and, where the suite wants one,
        counter. Where the name has a clip, "spoken" is its CRC-32 (spoken_names.py). Read only.
        """
        return self._content["credentials"]

    @property
    def settings(self) -> dict:
        """Settings that differ from the product's defaults. Read only."""
        return self._content["settings"]

    @property
    def clock(self) -> dict:
        """When the clock was set ("set_at", Unix seconds, 0 for never) and its trim ("aging"). Read
        only."""
        return self._content["clock"]

    @property
    def pin(self) -> dict | None:
        """The PIN's record, see firmware.storage.pin; None without a PIN. Read only."""
        return self._content["pin"]

    def prepare(self) -> None:
        """Do and load now what the first change would while a host waits."""
        from firmware.storage import credentials  # noqa: F401 - put_credential() will find it

        self._journal.prepare()

    def settle(self) -> None:
        """Make the content anew where memory is free now, if it has changed: among the garbage of
        a change it would divide what is free."""
        if self._content is not self._settled:
            self._content = self._settled = loads(dumps(self._content))

    def set_key(self, kind: str, key: bytes) -> None:
        """Store the access key of a kind and forget the old one."""
        from firmware.protocol import messages

        self._require_readable()
        if kind not in (messages.KEY_TRANSPORT, messages.KEY_ISSUER):
            raise VaultError(messages.BAD_ARGUMENT)
        if type(key) is not bytes or len(key) != messages.ACCESS_KEY_SIZE:
            raise VaultError(messages.BAD_ARGUMENT)
        state = BLOCKED if self._content["state"] == BLOCKED else IN_USE
        self._change(
            {"state": state, "key_kind": kind, "access_key": key}, self.access_key is not None
        )

    def put_credential(self, credential: dict) -> None:
        """Add an account or replace the one of the same name; an unchanged one is not written. The
        counter of a secret that is already stored under the name never decreases."""
        from firmware.storage.credentials import check, place

        self._require_key()
        check(credential)
        credentials, forget = place(self.credentials, credential)
        self._change({"credentials": credentials}, forget)

    def remove_credential(self, name: str) -> None:
        """Forget an account; UNKNOWN_ACCOUNT when there is none of that name."""
        from firmware.storage.credentials import index

        self._require_key()
        at = index(self.credentials, name)
        self._change({"credentials": self.credentials[:at] + self.credentials[at + 1 :]}, True)

    def set_spoken(self, name: str, checksum: int | None) -> None:
        """Store the CRC-32 of the clip of an account's name, None for no clip."""
        from firmware.storage.credentials import index

        self._require_key()
        at = index(self.credentials, name)
        credential = dict(self.credentials[at])
        credential.pop("spoken", None)
        if checksum is not None:
            credential["spoken"] = checksum
        self._change(
            {"credentials": self.credentials[:at] + [credential] + self.credentials[at + 1 :]}
        )

    def next_counter(self, at: int) -> int:
        """Return the counter to use for the account at index `at`; its successor is already in
        flash."""
        credential = dict(self.credentials[at])
        counter = credential["counter"]
        credential["counter"] = counter + 1
        self._change(
            {"credentials": self.credentials[:at] + [credential] + self.credentials[at + 1 :]}
        )
        return counter

    def write_settings(self, changes: dict) -> None:
        """Store these settings, leaving the others as they are."""
        self._require_readable()
        settings = dict(self.settings)
        settings.update(changes)
        self._change({"settings": settings})

    def record_clock(self, set_at: int, aging: int) -> None:
        """Store when the clock was set (Unix seconds) and its trim."""
        self._require_readable()
        self._change({"clock": {"set_at": set_at, "aging": aging}})

    def keep_pin(self, record: dict | None, forget: bool = False) -> None:
        """Store the PIN's record, None for no PIN; with `forget` neither slot file keeps the old
        one."""
        self._require_key()
        self._change({"pin": record}, forget)

    def block(self) -> None:
        """Block the token: it gives no codes."""
        self._require_key()
        self._change({"state": BLOCKED})

    def unblock(self) -> None:
        """Unblock the token and reset the count of wrong PINs."""
        self._require_key()
        pin = self.pin
        if pin is not None:
            pin = dict(pin)
            pin["tries"] = 0
        self._change({"state": IN_USE, "pin": pin})

    def wipe(self) -> None:
        """Delete keys, credentials, counters, PIN and settings, also of a damaged vault; clock data
        stay.

        Afterwards neither slot file holds the old body, even when the power fails midway (see
        journal.py). The blocks that littlefs freed keep the old encrypted body until they are used
        again. Its salt is beside it, so someone who reads the whole flash of a wiped token and
        knows the board's unique id can still decrypt it. A salt in a separate file would not help,
        as littlefs copies that on write too.
        """
        content = _empty(WIPED)
        content["clock"] = self.clock
        self._save(content, True)

    def verify(self) -> bool:
        """Return True when the flash still holds what is in memory."""
        body = self._journal.load()
        if body is None:
            return self.state == BLANK and not self._journal.damaged
        try:
            return self._open(body) == self._content
        except ValueError:
            return False

    def _require_readable(self) -> None:
        if self.state == DAMAGED:
            from firmware.protocol.messages import STORAGE_DAMAGED

            raise VaultError(STORAGE_DAMAGED)

    def _require_key(self) -> None:
        self._require_readable()
        if self.access_key is None:
            from firmware.protocol.messages import NO_ACCESS_KEY

            raise VaultError(NO_ACCESS_KEY)

    def _load(self) -> None:
        body = self._journal.load()
        if body is None:
            self._content = _empty(DAMAGED if self._journal.damaged else BLANK)
            return
        try:
            self._content = self._open(body)
        except ValueError:
            self._content = _empty(DAMAGED)

    def _open(self, body: bytes) -> dict:
        if body[:1] != _VERSION:
            raise ValueError("a vault of another version")
        key = self._key(body[1 : 1 + _SALT_SIZE])
        body = unseal(key, body[1 + _SALT_SIZE :], self._aes_ecb)
        content = _empty(BLANK)  # defaults for fields that older firmware did not store
        content.update(loads(body))
        return content

    def _change(self, changes: dict, forget: bool = False) -> None:
        content = dict(self._content)
        content.update(changes)
        if content != self._content:
            self._save(content, forget)

    def _save(self, content: dict, forget: bool) -> None:
        salt = self._random(_SALT_SIZE)
        sealed = seal(self._key(salt), self._random(_NONCE_SIZE), dumps(content), self._aes_ecb)
        try:
            self._journal.save(_VERSION + salt + sealed, forget)
        except StorageError:
            from firmware.protocol.messages import STORAGE_FAILED

            self._load()  # the content of the flash is valid
            raise VaultError(STORAGE_FAILED)
        self._content = content

    def _key(self, salt: bytes) -> bytes:
        return hkdf_sha256(self._unique_id, salt, _INFO, 32)


def _empty(state: str) -> dict:
    return {
        "state": state,
        "key_kind": KEY_NONE,
        "access_key": None,
        "credentials": [],
        "settings": {},
        "clock": {"set_at": 0, "aging": 0},
        "pin": None,
    }

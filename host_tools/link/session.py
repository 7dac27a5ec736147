"""The link session with a token: the Noise handshake, requests with retries, and the operations.

A request without a usable answer is sent again under the same id in a new session; the token then
repeats its answer without repeating the operation. Times are Unix seconds, timeouts seconds.
"""

import hmac
import os
import time
from collections.abc import Callable
from typing import Any

import cbor2

from firmware.protocol import claim, keys, messages, noise, sentences
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link import primitives, replies
from host_tools.link.channel import Channel, DamagedError
from host_tools.link.replies import AccountReply, ClockReading, GarbageError, Hello
from host_tools.link.transport import Transport
from host_tools.messages.catalogue import listed, named
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

_TRIES = 3
_HANDSHAKE_TIMEOUT = 8  # two X25519 operations take 0.6 s each on an RP2040
_REQUEST_TIMEOUT = 8  # the token may have to erase flash

# Errors that the token sends in the clear for a frame that it could not use: retry in a new
# session.
_RETRIED = (messages.BAD_FRAME, messages.HELLO_FIRST, messages.NO_SESSION)


class Session:
    """An encrypted link session, made by authenticate(), claim_token() or open_session()."""

    def __init__(self, channel: Channel, hello: Hello, access_keys: list[Secret]) -> None:
        """`access_keys` are tried in turn when the session must be opened anew; without any it
        cannot be."""
        self.channel = channel
        self.hello = hello
        self._keys = access_keys
        self._send: Any = None
        self._receive: Any = None

    @property
    def access_key(self) -> Secret:
        """The access key that the token accepts: the one last set or used to open the session."""
        return self._keys[0]

    def request(
        self, operation: int, arguments: dict[str, Any] | None = None, repeat: bool = True
    ) -> Any:
        """Send one operation and give its result; TokenError when the token refuses it.

        With `repeat=False`, for operations that must not happen late, a missing or damaged answer
        is an error at once.
        """
        identity = os.urandom(messages.REQUEST_ID_SIZE)
        body = cbor2.dumps(
            {"id": identity, "op": operation, "args": arguments or {}}, canonical=True
        )
        for tries_left in reversed(range(_TRIES if repeat else 1)):
            try:
                return self._exchange(identity, body)
            except DamagedError:
                if tries_left and self._keys:
                    self._renew()
        raise _unclear()

    def info(self) -> dict[str, Any]:
        """Read the token's condition: battery (mV or None), clock, storage, memory (bytes), PIN
        tries, and of its image the manifest's SHA-256, the languages and whether it has letters to
        spell names with; what an older firmware does not say is None."""
        size = replies.optional(replies.number(0, 2**40))
        answer = self.request(messages.INFO)
        if isinstance(answer, dict):
            answer = dict.fromkeys(("manifest", "languages", "letters")) | answer
        return replies.take(
            answer,
            battery_mv=replies.optional(replies.number(0, 100_000)),
            clock_lost=replies.flag,
            temperature=replies.optional(replies.number(-12800, 12775)),
            accounts=replies.number(0, messages.MAX_ACCOUNTS),
            storage=replies.text,
            heap_free=size,
            flash_free=size,
            unique_id=replies.octets,
            manifest=replies.optional(replies.octets),
            pin_tries=replies.optional(replies.number(0, messages.PIN_TRIES)),
            languages=replies.optional(replies.several(replies.one_of(*messages.LANGUAGES))),
            letters=replies.optional(replies.flag),
        )

    def set_key(self, kind: str, key: Secret) -> None:
        """Store an access key on the token; this session continues under the old one."""
        # If the answer is lost, the token may hold either key.
        self._keys = [key, *self._keys]
        self.request(messages.KEY_SET, {"kind": kind, "key": key.reveal()})
        self._keys = [key]

    def put_credential(self, credential: Credential) -> bytes:
        """Store a credential on the token and give its fingerprint.

        KodebrikError when the token's fingerprint is not that of the secret that was sent.
        """
        fields = replies.take(
            self.request(messages.CREDENTIAL_PUT, credential.arguments()),
            fingerprint=replies.octets,
        )
        wanted = self.fingerprint(credential)
        if not hmac.compare_digest(fields["fingerprint"], wanted):
            raise KodebrikError("fingerprint-differs", ExitCode.CHECK_FAILED)
        return wanted

    def fingerprint(self, credential: Credential) -> bytes:
        """Give the fingerprint that the token gives of a credential's secret."""
        return keys.fingerprint(
            primitives.hmac, self.access_key.reveal(), credential.secret.reveal()
        )

    def accounts(self) -> list[AccountReply]:
        """List the token's accounts."""
        entries = replies.take(
            self.request(messages.CREDENTIAL_LIST), accounts=lambda value: isinstance(value, list)
        )["accounts"]
        return [replies.account(entry) for entry in entries]

    def remove_account(self, name: str) -> None:
        """Remove one account."""
        self.request(messages.CREDENTIAL_REMOVE, {"name": name})

    def write_name(self, offset: int, part: bytes) -> None:
        """Send a part of a spoken name, at most messages.NAME_PART bytes; 0 begins another one."""
        self.request(messages.NAME_WRITE, {"offset": offset, "data": part})

    def keep_name(self, account: str, checksum: int | None) -> None:
        """Let the spoken name that was sent, of that CRC-32, be the account's; None: it has
        none."""
        self.request(messages.NAME_KEEP, {"name": account, "checksum": checksum})

    def read_code(self, name: str) -> str:
        """Give the code that the account `name` shows now; development builds alone have this."""
        code: str = replies.take(
            self.request(messages.READ_CODE, {"name": name}), code=replies.text
        )["code"]
        return code

    def read_clock(self) -> ClockReading:
        """Read the clock; the token answers at the edge of its next second."""
        return replies.clock(self.request(messages.CLOCK_READ))

    def set_clock(self, unix_time: int) -> None:
        """Set the clock to `unix_time` on arrival of the request."""
        self.request(messages.CLOCK_SET, {"time": unix_time}, repeat=False)

    def trim_clock(self, aging: int) -> None:
        """Write the clock chip's aging offset, -127 to 127."""
        self.request(messages.CLOCK_TRIM, {"aging": aging})

    def settings(self) -> dict[str, Any]:
        """Read the settings."""
        return _settings(self.request(messages.SETTINGS_READ))

    def write_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change some settings and give all of them."""
        return _settings(self.request(messages.SETTINGS_WRITE, changes))

    def block(self) -> None:
        """Block the token: no codes until it is unblocked."""
        self.request(messages.BLOCK)

    def unblock(self) -> None:
        """Let a blocked token show codes again."""
        self.request(messages.UNBLOCK)

    def set_pin(self, pin: Secret) -> None:
        """Give the token a PIN, 4 to 8 ASCII digits."""
        self.request(messages.PIN_SET, {"pin": pin.reveal().decode()})

    def clear_pin(self) -> None:
        """Take the token's PIN away."""
        self.request(messages.PIN_CLEAR)

    def wipe(self) -> None:
        """Delete every secret, key, counter and setting. The session ends with it."""
        try:
            self.request(messages.WIPE, repeat=False)
        except GarbageError:
            # The access key is wiped too, so no new session can be opened; the hello shows the
            # state.
            if self.channel.hello().state != messages.WIPED:
                raise

    def selftest(self) -> dict[str, bool]:
        """Run the self-test; give part -> whether it works."""
        parts = self.request(messages.SELFTEST)
        if not all(replies.text(part) and replies.flag(sound) for part, sound in parts.items()):
            raise GarbageError("garbage-selftest")
        return dict(parts)

    def passed_selftest(self) -> dict[str, bool]:
        """Run the self-test as selftest() does; KodebrikError names the parts that fail it."""
        parts = self.selftest()
        if error := selftest_error(parts):
            raise error
        return parts

    def handshake(self, pattern: int, key: Secret | None, payload: bytes) -> tuple[bytes, bytes]:
        """Run the Noise handshake of `pattern`; give the token's payload and the handshake hash.

        DamagedError when it may be tried again.
        """
        machine = noise.Handshake(
            primitives,
            pattern,
            True,
            messages.PROLOGUE + self.hello.body,
            None if key is None else key.reveal(),
            os.urandom(noise.KEY_SIZE),
        )
        self.channel.send(messages.HANDSHAKE, bytes([pattern]) + machine.write(payload))
        kind, body = self.channel.receive((messages.HANDSHAKE, messages.ERROR), _HANDSHAKE_TIMEOUT)
        if kind == messages.ERROR:
            raise _clear_error(body)
        try:
            reply = machine.read(body)
        except ValueError:  # perhaps the late answer to a handshake before
            raise DamagedError from None
        self._send, self._receive = machine.split()
        return reply, machine.hash

    def _exchange(self, identity: bytes, body: bytes) -> Any:
        self.channel.send(messages.TRANSPORT, self._send.encrypt(body))
        while True:
            kind, sealed = self.channel.receive(
                (messages.TRANSPORT, messages.ERROR), _REQUEST_TIMEOUT
            )
            if kind == messages.ERROR:
                raise _clear_error(sealed)
            try:
                reply = replies.loads(self._receive.decrypt(sealed))
            except ValueError:
                raise DamagedError from None
            fields = replies.take(
                reply,
                id=replies.octets,
                error=replies.number(0, 2**16),
                result=lambda value: isinstance(value, dict),
            )
            if fields["id"] == identity:
                break
        if fields["error"] == messages.OK:
            return fields["result"]
        if fields["error"] not in sentences.ERRORS:
            raise GarbageError("garbage-error-number", number=fields["error"])
        raise TokenError(fields["error"])

    def _renew(self) -> None:
        """Open the session anew with the first access key that fits.

        Returns without a session when the handshake is damaged too; the request's next try fails
        then and comes back here.
        """
        before, self.hello = self.hello, self.channel.hello()
        if self.hello.serial != before.serial:
            raise GarbageError("garbage-other-token")
        if self.hello.key == messages.KEY_NONE:
            raise GarbageError("garbage-broken-off")
        for key in self._keys:
            try:
                self.handshake(messages.PATTERN_NNPSK0, key, b"")
            except TokenError:
                if key == self._keys[-1]:
                    raise
            except DamagedError:
                return
            else:
                self._keys = [key, *(other for other in self._keys if other != key)]
                return


def selftest_error(parts: dict[str, bool]) -> KodebrikError | None:
    """Give the error that names the parts that do not work, None when all do."""
    failed = [named("token-part.", part) for part, sound in parts.items() if not sound]
    if not failed:
        return None
    return KodebrikError(
        "selftest-failed", ExitCode.CHECK_FAILED, parts=listed("list-comma", failed)
    )


def open_session(
    transport: Transport, key: bytes | None, confirm: Callable[[str], bool]
) -> Session:
    """Send a hello and open a session: with the access key `key`, or (None) by claim_token()."""
    channel = Channel(transport)
    hello = channel.hello()
    return (
        claim_token(channel, hello, confirm)
        if key is None
        else authenticate(channel, hello, Secret(key))
    )


def authenticate(channel: Channel, hello: Hello, key: Secret) -> Session:
    """Open the session of a token that holds the access key `key`."""
    session = Session(channel, hello, [key])
    for _ in range(_TRIES):
        try:
            session.handshake(messages.PATTERN_NNPSK0, key, b"")
        except DamagedError:
            session.hello = channel.hello()
        else:
            return session
    raise _unclear()


def claim_token(channel: Channel, hello: Hello, confirm: Callable[[str], bool]) -> Session:
    """Open the first session of a token without an access key.

    The token shows a 6-digit number; `confirm` is called with the expected one and returns whether
    they are the same. KodebrikError when they are not, or when that took longer than a session
    lasts without a request.
    """
    session = Session(channel, hello, [])
    nonce = os.urandom(messages.NONCE_SIZE)
    try:
        token_nonce, digest = session.handshake(
            messages.PATTERN_NN, None, claim.commitment(primitives, nonce)
        )
    except DamagedError:
        raise _unclear() from None
    if len(token_nonce) != messages.NONCE_SIZE:
        raise GarbageError("garbage-handshake")
    session.request(messages.CLAIM, {"nonce": nonce})
    asked_at = time.monotonic()
    if not confirm(claim.comparison_number(primitives, digest, nonce, token_nonce)):
        raise KodebrikError("claim-not-confirmed", ExitCode.NOT_CONFIRMED)
    if time.monotonic() - asked_at >= messages.SESSION_SILENCE:
        raise KodebrikError("claim-too-late", ExitCode.NOT_CONFIRMED)
    return session


def _unclear() -> GarbageError:
    return GarbageError("garbage-damaged")


def _clear_error(body: bytes) -> Exception:
    number = replies.take(replies.loads(body), error=replies.number(1, len(sentences.ERRORS)))[
        "error"
    ]
    return DamagedError() if number in _RETRIED else TokenError(number)


_SETTINGS = {
    "language": replies.one_of(*messages.LANGUAGES),
    "flip": replies.flag,
    "brightness": replies.number(1, 5),
    "inverted": replies.flag,
    "volume": replies.number(1, 9),
    "speed": replies.number(1, 5),
    "key_delay": replies.number(0, 10),
    "typing_time": replies.number(0, 60),
    "time_outs": replies.number(1, 10),
    "vibration": replies.number(0, 2),
    "tones": replies.number(0, 1),
    "voice": replies.number(1, 2),
}


def _settings(item: Any) -> dict[str, Any]:
    """Check a map of settings; products have different ones, but all a language."""
    names = {"language", *item} if isinstance(item, dict) else {"language"}
    return replies.take(item, **{name: _SETTINGS[name] for name in _SETTINGS if name in names})

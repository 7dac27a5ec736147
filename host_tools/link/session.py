"""The authenticated session with a token: the handshake, requests that survive a bad cable, and the
operations.

A request that got no clear answer is sent again under the same id in a new session; the token then
repeats its answer and does nothing twice. Times are Unix seconds unless said otherwise; waits are
seconds.
"""

import hmac
import os
from collections.abc import Callable
from typing import Any

import cbor2

from firmware.protocol import claim, keys, messages, noise, sentences
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link import replies, suite
from host_tools.link.channel import Channel, DamagedError
from host_tools.link.replies import Account, ClockReading, GarbageError, Hello
from host_tools.link.transport import Transport
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

_TRIES = 3
_HANDSHAKE_TIMEOUT = (
    8  # two X25519 operations of 0.6 s each on an RP2040, and as much again for the rest
)
_REQUEST_TIMEOUT = 8  # flash may need erasing

# What the token answers in the clear when it could not use what we sent: a new session helps.
_DISTURBED = (messages.BAD_FRAME, messages.HELLO_FIRST, messages.NO_SESSION)


class Session:
    """One token, talked to in secret. Made by authenticate(), claim_token() or open_session()."""

    def __init__(self, channel: Channel, hello: Hello, access_keys: list[Secret]) -> None:
        """`access_keys` are tried in turn whenever a session must be opened; none: the session
        cannot be renewed."""
        self.channel = channel
        self.hello = hello
        self._keys = access_keys
        self._send: Any = None
        self._receive: Any = None

    @property
    def access_key(self) -> Secret:
        """The key that the token holds now."""
        return self._keys[0]

    def request(
        self, operation: int, arguments: dict[str, Any] | None = None, repeat: bool = True
    ) -> Any:
        """Carry out one operation and give its result; TokenError when the token refuses.

        `repeat=False` is for what must not be done late: an unclear end is then an error at once.
        """
        identity = os.urandom(messages.REQUEST_ID_SIZE)
        body = cbor2.dumps({"id": identity, "op": operation, "args": arguments or {}})
        for tries_left in reversed(range(_TRIES if repeat else 1)):
            try:
                return self._exchange(identity, body)
            except DamagedError:
                if tries_left and self._keys:
                    self._renew()
        raise _unclear()

    def info(self) -> dict[str, Any]:
        """Give battery (mV or None), clock, storage and memory as the token sees them."""
        size = replies.optional(replies.number(0, 2**40))
        return replies.take(
            self.request(messages.INFO),
            battery_mv=replies.optional(replies.number(0, 100_000)),
            clock_lost=replies.flag,
            temperature=replies.optional(replies.number(-12800, 12775)),
            accounts=replies.number(0, messages.MAX_ACCOUNTS),
            storage=replies.text,
            heap_free=size,
            flash_free=size,
            unique_id=replies.octets,
            pin_tries=replies.optional(replies.number(0, messages.PIN_TRIES)),
        )

    def set_key(self, kind: str, key: Secret) -> None:
        """Give the token an access key; the session goes on under the old one."""
        # Should the answer get lost, either key may be the token's.
        self._keys = [key, *self._keys]
        self.request(messages.KEY_SET, {"kind": kind, "key": key.reveal()})
        self._keys = [key]

    def put_credential(self, credential: Credential) -> bytes:
        """Store a credential and give its fingerprint, after checking that it is the fingerprint of
        what we sent."""
        fields = replies.take(
            self.request(messages.CREDENTIAL_PUT, credential.arguments()),
            fingerprint=replies.octets,
        )
        wanted = keys.fingerprint(suite.hmac, self.access_key.reveal(), credential.secret.reveal())
        if not hmac.compare_digest(fields["fingerprint"], wanted):
            raise KodebrikError(
                "The token's fingerprint of the secret is not the right one.",
                "Provision the account again; if it repeats, do not use this token.",
                ExitCode.CHECK_FAILED,
            )
        return wanted

    def accounts(self) -> list[Account]:
        """List the token's accounts."""
        entries = replies.take(
            self.request(messages.CREDENTIAL_LIST), accounts=lambda value: isinstance(value, list)
        )["accounts"]
        return [replies.account(entry) for entry in entries]

    def remove_account(self, name: str) -> None:
        """Remove one account."""
        self.request(messages.CREDENTIAL_REMOVE, {"name": name})

    def read_clock(self) -> ClockReading:
        """Read the clock; the token answers at its next second's edge."""
        return replies.clock(self.request(messages.CLOCK_READ))

    def set_clock(self, unix_time: int) -> None:
        """Set the clock to `unix_time` the moment the request arrives."""
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
            # The key is gone with everything else, so no new session could ask again; the hello
            # tells.
            if self.channel.hello().state != messages.WIPED:
                raise

    def selftest(self) -> dict[str, bool]:
        """Give for each part that the token tested whether it is sound."""
        parts = self.request(messages.SELFTEST)
        if not all(replies.text(part) and replies.flag(sound) for part, sound in parts.items()):
            raise GarbageError("the self-test's result is not understood")
        return dict(parts)

    def handshake(self, pattern: int, key: Secret | None, payload: bytes) -> tuple[bytes, bytes]:
        """Open a session; give the token's handshake payload and the handshake hash. DamagedError:
        try again."""
        machine = noise.Handshake(
            suite,
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
            raise GarbageError(f"it reports an error of the unknown number {fields['error']}")
        raise TokenError(fields["error"])

    def _renew(self) -> None:
        """Open the session anew. A try that is disturbed too is left to the request's own next
        try."""
        before, self.hello = self.hello, self.channel.hello()
        if self.hello.serial != before.serial:
            raise GarbageError("another token took the place of the first")
        if self.hello.key == messages.KEY_NONE:
            raise GarbageError("the talk broke off before the token had its key")
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


def open_session(
    transport: Transport, key: bytes | None, confirm: Callable[[str], bool]
) -> Session:
    """Say hello and open a session: with the access key `key`, or claim a token that has none."""
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
    """Open the first session of a token without a key.

    The token shows a 6-digit number; `confirm` is given ours and says whether the operator sees the
    same.
    """
    session = Session(channel, hello, [])
    nonce = os.urandom(messages.NONCE_SIZE)
    try:
        token_nonce, digest = session.handshake(
            messages.PATTERN_NN, None, claim.commitment(suite, nonce)
        )
    except DamagedError:
        raise _unclear() from None
    if len(token_nonce) != messages.NONCE_SIZE:
        raise GarbageError("its side of the handshake does not fit")
    session.request(messages.CLAIM, {"nonce": nonce})
    if not confirm(claim.comparison_number(suite, digest, nonce, token_nonce)):
        raise KodebrikError(
            "The number is not the one that kodebrik expects. Nothing was written to the token.",
            "Run the command again and compare a new number; if it differs again, use another "
            "computer and cable.",
            ExitCode.NOT_CONFIRMED,
        )
    return session


def _unclear() -> GarbageError:
    return GarbageError("its answers arrive damaged or not at all")


def _clear_error(body: bytes) -> Exception:
    number = replies.take(replies.loads(body), error=replies.number(1, len(sentences.ERRORS)))[
        "error"
    ]
    return DamagedError() if number in _DISTURBED else TokenError(number)


_SETTINGS = {
    "language": replies.one_of(*messages.LANGUAGES),
    "flip": replies.flag,
    "brightness": replies.number(1, 5),
    "inverted": replies.flag,
    "volume": replies.number(1, 9),
    "speed": replies.number(1, 5),
    "key_delay": replies.number(0, 10),
}


def _settings(item: Any) -> dict[str, Any]:
    """Take the settings that this product has; every one has a language."""
    names = {"language", *item} if isinstance(item, dict) else {"language"}
    return replies.take(item, **{name: _SETTINGS[name] for name in _SETTINGS if name in names})

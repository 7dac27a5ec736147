"""The token's side of the link: hello, handshake, and requests inside the secure session. Times are
milliseconds.

At most one session is valid. A handshake only makes a candidate, which replaces the session when
its first message decrypts: a replayed or forged handshake message must not end the session of a
host that holds the key. Whatever arrives, the answer is a payload or None, never an exception.

The App passes in `services`: clock (driver or None), comparison(number) to show the number,
settings_changed(), account_saved(place), now_ms() (ticks of at least 30 bits), selftest() and
info() (maps for the operations of these names), restart(), which starts the firmware anew when the
answer was sent, undisturbed(action, ...), which calls an action that makes much garbage, and
updates (storage.update_slot.UpdateSlot).
"""

from firmware.link.requests import RefusedError, Requests
from firmware.protocol import messages
from firmware.protocol.cbor import dumps, loads
from firmware.protocol.claim import commitment, comparison_number
from firmware.storage.vault import DAMAGED, KEY_NONE, VaultError
from firmware.version import VERSION

if False:
    from firmware.interfaces import LinkServices, Primitives, Random, Vault  # type: ignore[unreachable]

_SILENCE_MS = 1000 * messages.SESSION_SILENCE
_TICKS_MASK = (1 << 30) - 1  # MicroPython's ticks wrap at 2^30
_KEPT_ANSWERS = 4
_COMMITMENT_SIZE = 32
# MicroPython calls a frozen module by the path that its manifest had for it: that of the image
# build, or of the tree.
_PATHS = ("firmware/link_session.py", "firmware/link/session.py")
_FORM = messages.FROZEN if __file__ in _PATHS else messages.FILES

# The operations allowed in a claimed session on a token without an access key, and on one with
# damaged storage.
_WITHOUT_KEY = (messages.INFO, messages.KEY_SET, messages.WIPE, messages.SELFTEST)
_WHEN_DAMAGED = (messages.INFO, messages.WIPE, messages.SELFTEST)
# These are carried out again when the same request id is repeated: they change nothing, and a kept
# answer could be out of date.
_READING = (
    messages.INFO,
    messages.CREDENTIAL_LIST,
    messages.CLOCK_READ,
    messages.SETTINGS_READ,
    messages.SELFTEST,
)


class _Session:
    def __init__(self, ciphers: tuple, hash: bytes, now_ms: int, claim: tuple | None):
        self.send, self.receive = ciphers
        self.hash = hash  # of the handshake
        # (commitment, token's nonce) until the claim is made; None in an authenticated session
        self.claim = claim
        self.heard_ms = now_ms

    def copy(self) -> "_Session":
        """Return another one that goes on from here."""
        ciphers = self.send.copy(), self.receive.copy()
        return _Session(ciphers, bytes(memoryview(self.hash)), self.heard_ms, self.claim)


class LinkServer:
    """Answers frames. `product` and `board` are the data tables, `build` is DEVELOPMENT or
    PRODUCTION."""

    def __init__(
        self,
        product: dict,
        board: dict,
        build: str,
        serial: str,
        vault: "Vault",
        services: "LinkServices",
        primitives: "Primitives",
        random: "Random",
    ):
        """`primitives` are those for Noise; random(n) returns n random bytes."""
        self._identity = {
            "product": product["name"],
            "board": board["name"],
            "serial": serial,
            "build": build,
            "form": _FORM,
        }
        self._vault = vault
        self._services = services
        self._primitives = primitives
        self._random = random
        self._requests = Requests(self._identity, product, vault, services, primitives, random)
        self._hello_body: bytes | None = None
        self._session: _Session | None = None
        self._candidate: _Session | None = None
        # request id, error and result of the latest changes, oldest first
        self._answers: list = []

    def handle(self, payload: bytes | None) -> bytes | None:
        """Return the answer to a frame's payload, or None for no answer; a payload of None means a
        damaged frame."""
        try:
            if payload is None:
                return _error(messages.BAD_FRAME)
            kind = payload[0] if payload else 0
            body = payload[1:]
            if kind == messages.HELLO and not body:
                return self._hello()
            if kind == messages.HANDSHAKE:
                return self._handshake(body)
            if kind == messages.TRANSPORT:
                return self._transport(body)
            if kind == messages.ERROR:
                # The token's own message, echoed by a terminal: answering it would make a loop.
                return None
            return _error(messages.BAD_MESSAGE)
        except Exception:
            # Only a fault of this module gets here; failures of operations are answered inside the
            # session.
            return _error(messages.INTERNAL)

    def settle(self) -> None:
        """Make session and kept answers anew where memory is free now, as Vault.settle() does."""
        self._answers = loads(dumps(self._answers))
        if self._session is not None:
            self._session = self._session.copy()

    def _hello(self) -> bytes:
        hello = dict(self._identity)
        hello["version"] = VERSION
        hello["protocol"] = messages.PROTOCOL_VERSION
        hello["state"] = self._vault.state
        hello["key"] = self._vault.key_kind
        self._hello_body = dumps(hello)
        return bytes((messages.HELLO,)) + self._hello_body

    def _handshake(self, body: bytes) -> bytes:
        if self._hello_body is None:
            return _error(messages.HELLO_FIRST)
        pattern = body[0] if body else None
        psk = self._vault.access_key
        if pattern == messages.PATTERN_NN:
            if psk is not None:
                return _error(messages.ALREADY_CLAIMED)
        elif pattern == messages.PATTERN_NNPSK0:
            if psk is None:
                return _error(
                    messages.STORAGE_DAMAGED
                    if self._vault.state == DAMAGED
                    else messages.NO_ACCESS_KEY
                )
        else:
            return _error(messages.BAD_MESSAGE)
        from firmware.protocol.noise import Handshake

        prologue = messages.PROLOGUE + self._hello_body
        handshake = Handshake(self._primitives, pattern, False, prologue, psk, self._random(32))
        try:
            promised = handshake.read(body[1:])
            if len(promised) != (0 if psk else _COMMITMENT_SIZE):
                return _error(messages.BAD_MESSAGE)
            nonce = b"" if psk else self._random(messages.NONCE_SIZE)
            reply = handshake.write(nonce)
        except ValueError:
            return _error(messages.HANDSHAKE_FAILED)
        claim = None if psk else (promised, nonce)
        self._candidate = _Session(
            handshake.split(), handshake.hash, self._services.now_ms(), claim
        )
        return bytes((messages.HANDSHAKE,)) + reply

    def _transport(self, body: bytes) -> bytes:
        for session in (self._session, self._candidate):
            if session is None or self._silent(session):
                continue
            try:
                request = session.receive.decrypt(body)
            except ValueError:
                continue
            if session is self._candidate:
                self._session, self._candidate = session, None
            error, request_id, result = self._answer(session, request)
            answer = session.send.encrypt(
                dumps({"id": request_id, "error": error, "result": result})
            )
            session.heard_ms = self._services.now_ms()
            return bytes((messages.TRANSPORT,)) + answer
        return _error(messages.NO_SESSION)

    def _silent(self, session: _Session) -> bool:
        return (self._services.now_ms() - session.heard_ms) & _TICKS_MASK >= _SILENCE_MS

    def _answer(self, session: _Session, plaintext: bytes) -> tuple:
        """Return (error, request id, result) for one request; the id is empty when the request has
        none."""
        try:
            request = loads(plaintext)
        except ValueError:
            return messages.BAD_MESSAGE, b"", {}
        if type(request) is not dict or sorted(request) != ["args", "id", "op"]:
            return messages.BAD_MESSAGE, b"", {}
        request_id, operation, args = request["id"], request["op"], request["args"]
        if type(request_id) is not bytes or len(request_id) != messages.REQUEST_ID_SIZE:
            return messages.BAD_MESSAGE, b"", {}
        if type(operation) is not int or type(args) is not dict:
            return messages.BAD_MESSAGE, request_id, {}
        try:
            if operation == messages.CLAIM:
                self._claim(session, args)
                return messages.OK, request_id, {}
            self._permit(session, operation)
        except RefusedError as refusal:
            return refusal.number, request_id, {}
        for kept_id, error, result in self._answers:
            if kept_id == request_id:
                return error, request_id, result
        error, result = self._perform(operation, args)
        if operation not in _READING:
            self._answers = self._answers[1 - _KEPT_ANSWERS :] + [(request_id, error, result)]
        return error, request_id, result

    def _permit(self, session: _Session, operation: int) -> None:
        if session.claim is not None:
            raise RefusedError(messages.NOT_CLAIMED)
        if not self._requests.known(operation):
            raise RefusedError(messages.UNKNOWN_OPERATION)
        if self._vault.state == DAMAGED and operation not in _WHEN_DAMAGED:
            raise RefusedError(messages.STORAGE_DAMAGED)
        if self._vault.key_kind == KEY_NONE and operation not in _WITHOUT_KEY:
            raise RefusedError(messages.NO_ACCESS_KEY)

    def _perform(self, operation: int, args: dict) -> tuple:
        try:
            result = self._requests.perform(operation, args)
        except (RefusedError, VaultError) as refusal:
            return refusal.number, {}
        except Exception as fault:
            # The exception's type helps to find the fault; its text could contain a secret.
            return messages.INTERNAL, {"exception": type(fault).__name__}
        if operation in (messages.KEY_SET, messages.WIPE):
            self._candidate = None  # it was begun under the old key
        if operation == messages.WIPE:
            self._answers = []  # the next owner must not see them
        return messages.OK, result

    def _claim(self, session: _Session, args: dict) -> None:
        nonce = args.get("nonce")
        if type(nonce) is not bytes or len(nonce) != messages.NONCE_SIZE or len(args) != 1:
            raise RefusedError(messages.BAD_ARGUMENT)
        if session.claim is None:
            raise RefusedError(messages.ALREADY_CLAIMED)
        promised, token_nonce = session.claim
        if commitment(self._primitives, nonce) != promised:
            self._session = None
            raise RefusedError(messages.COMMITMENT_BROKEN)
        session.claim = None
        self._services.comparison(
            comparison_number(self._primitives, session.hash, nonce, token_nonce)
        )


def _error(number: int) -> bytes:
    return bytes((messages.ERROR,)) + dumps({"error": number})

"""An honest host and an attacker share the cable. Whatever is sent, the token answers with an error
or not at all, its vault changes by honest requests only, and the honest host's requests succeed.

The attacker can read, keep, drop, repeat, reorder and damage every byte, and send messages, but has
no key.
"""

import binascii
import os

import cbor2
import pytest
from cobs import cobs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from firmware.protocol import messages as m
from tests.support.link.client import Handshake, HonestClient, LinkError
from tests.support.link.frames import answers, frame
from tests.support.link.token import LinkUnderTest
from tests.support.runtime import Runtime

KEYS = [bytes([number]) * 32 for number in (1, 2)]
SECRETS = [b"secret number one is long", b"secret number two is longer"]
ERRORS_FOR_STRANGERS = {
    m.BAD_FRAME,
    m.BAD_MESSAGE,
    m.HELLO_FIRST,
    m.HANDSHAKE_FAILED,
    m.NO_SESSION,
    m.ALREADY_CLAIMED,
    m.NO_ACCESS_KEY,
}


class Model:
    """The expected content of the vault."""

    def __init__(self):
        """Start blank."""
        self.state, self.key_kind, self.key = m.BLANK, m.KEY_NONE, None
        self.accounts: list[dict] = []
        self.settings: dict = {}
        self.clock = {"set_at": 0, "aging": 0}

    def contents(self) -> dict:
        """Return the content in the form of the driver's contents()."""
        return {
            "state": self.state,
            "key_kind": self.key_kind,
            "access_key": self.key,
            "credentials": self.accounts,
            "settings": self.settings,
            "clock": self.clock,
            "pin": None,
        }

    def apply(self, operation: int, args: dict) -> int:
        """Apply an honest request; return the error it must get."""
        if self.key is None and operation not in (m.INFO, m.KEY_SET, m.WIPE):
            return m.NO_ACCESS_KEY
        return getattr(self, "_" + m.OPERATIONS[operation])(**args) or m.OK

    def _info(self) -> None:
        pass

    def _key_set(self, kind: str, key: bytes) -> None:
        self.key_kind, self.key = kind, key
        self.state = m.BLOCKED if self.state == m.BLOCKED else m.IN_USE

    def _credential_put(self, **account: object) -> int | None:
        account["kind"] = "hotp" if "counter" in account else "totp"
        for at, held in enumerate(self.accounts):
            if held["name"] == account["name"]:
                if (
                    held["secret"] == account["secret"]
                    and held["kind"] == account["kind"] == "hotp"
                ):
                    account["counter"] = max(account["counter"], held["counter"])
                self.accounts[at] = account
                return None
        if len(self.accounts) == m.MAX_ACCOUNTS:
            return m.ACCOUNTS_FULL
        self.accounts.append(account)
        return None

    def _credential_remove(self, name: str) -> int | None:
        kept = [account for account in self.accounts if account["name"] != name]
        gone = len(kept) < len(self.accounts)
        self.accounts = kept
        return None if gone else m.UNKNOWN_ACCOUNT

    def _clock_set(self, time: int) -> None:
        self.clock = {"set_at": time, "aging": self.clock["aging"]}

    def _clock_trim(self, aging: int) -> None:
        self.clock = {"set_at": self.clock["set_at"], "aging": aging}

    def _settings_write(self, **changes: object) -> None:
        self.settings = {**self.settings, **changes}

    def _block(self) -> None:
        self.state = m.BLOCKED

    def _unblock(self) -> None:
        self.state = m.IN_USE

    def _wipe(self) -> None:
        clock = self.clock
        self.__init__()
        self.state, self.clock = m.WIPED, clock

    def _read_code(self, name: str) -> int | None:
        for at, held in enumerate(self.accounts):
            if held["name"] == name:
                if self.state == m.BLOCKED:
                    return m.TOKEN_BLOCKED
                if held["kind"] == "hotp":
                    self.accounts[at] = {**held, "counter": held["counter"] + 1}
                return None
        return m.UNKNOWN_ACCOUNT


MOVES = ("babble", "speak", "replay", "damage", "cut", "guess", "claim")
names = st.sampled_from(["bank", "post", "Åse"])
account = st.fixed_dictionaries(
    {
        "name": names,
        "secret": st.sampled_from(SECRETS),
        "algorithm": st.sampled_from(m.ALGORITHMS),
        "digits": st.sampled_from(m.DIGITS),
    }
)
requests = st.one_of(
    st.tuples(st.just(m.INFO), st.just({})),
    st.tuples(
        st.just(m.CREDENTIAL_PUT),
        st.builds(lambda a, p: {**a, "period": p}, account, st.sampled_from(m.PERIODS)),
    ),
    st.tuples(
        st.just(m.CREDENTIAL_PUT),
        st.builds(lambda a, c: {**a, "counter": c}, account, st.integers(0, 9)),
    ),
    st.tuples(st.just(m.CREDENTIAL_REMOVE), st.fixed_dictionaries({"name": names})),
    st.tuples(st.just(m.READ_CODE), st.fixed_dictionaries({"name": names})),
    st.tuples(
        st.just(m.CLOCK_SET),
        st.fixed_dictionaries({"time": st.integers(1_900_000_000, 1_900_000_009)}),
    ),
    st.tuples(st.just(m.CLOCK_TRIM), st.fixed_dictionaries({"aging": st.integers(-3, 3)})),
    st.tuples(st.just(m.SETTINGS_WRITE), st.fixed_dictionaries({"flip": st.booleans()})),
    st.tuples(
        st.just(m.KEY_SET),
        st.fixed_dictionaries(
            {"kind": st.sampled_from([m.KEY_TRANSPORT, m.KEY_ISSUER]), "key": st.sampled_from(KEYS)}
        ),
    ),
    st.tuples(st.sampled_from([m.BLOCK, m.UNBLOCK, m.WIPE]), st.just({})),
)


class Cable(RuleBasedStateMachine):
    """Two hosts send bytes to one token."""

    def __init__(self, runtime: Runtime):
        """Start with a blank token."""
        super().__init__()
        self.token = LinkUnderTest(runtime)
        self.model = Model()
        self.host: HonestClient | None = None  # a session that must work
        self.silent_s = 0  # since its last request
        self.seen: list[bytes] = []  # payloads of the honest host that the attacker read
        self.held: tuple | None = (
            None  # (host, payload, operation, args) on its way, in the attacker's hands
        )
        self.last: tuple | None = (
            None  # (id, operation, args, answer) of the latest change asked for
        )

    @initialize(build=st.sampled_from([m.DEVELOPMENT, m.PRODUCTION]))
    def build(self, build):
        """Choose the build."""
        self.development = build == m.DEVELOPMENT
        self.token("start", build)

    # The cable.

    def exchange(self, payload: bytes) -> bytes | None:
        """Send the honest host's frame; return the last answer, which is its own."""
        self.seen.append(payload)
        written, interrupted = self.token("feed", frame(payload))
        assert not interrupted
        found = answers(written)
        # One error more when the attacker left half a frame on the cable.
        assert len(found) in (1, 2)
        if len(found) == 2:
            assert cbor2.loads(found[0][1:]) == {"error": m.BAD_FRAME}
        return found[-1]

    def inject(self, data: bytes) -> list[bytes]:
        """Send the attacker's bytes; every answer must be well formed."""
        written, interrupted = self.token("feed", data)
        assert self.development or not interrupted
        found = answers(written)
        for payload in found:
            if payload[0] == m.HELLO:
                assert set(cbor2.loads(payload[1:])) == set(m.HELLO_FIELDS)
            elif payload[0] == m.ERROR:
                assert cbor2.loads(payload[1:])["error"] in ERRORS_FOR_STRANGERS
            else:
                assert payload[0] == m.HANDSHAKE
        return found

    # The honest host.

    @rule(work=st.lists(requests, min_size=1, max_size=5), key=st.sampled_from(KEYS))
    def work(self, work, key):
        """Honest requests succeed whatever the attacker did before; a session can be opened at any
        time."""
        if self.host is None:
            self.open(key)
        for operation, args in work:
            self.request(operation, args)

    def open(self, key: bytes) -> None:
        """Open a session under the token's key, or claim it and set this one."""
        host = HonestClient(self.exchange)
        if self.model.key is None:
            host.open()
            host.do(m.CLAIM, nonce=host.host_nonce)
            host.do(m.KEY_SET, kind=m.KEY_ISSUER, key=key)
            self.model.apply(m.KEY_SET, {"kind": m.KEY_ISSUER, "key": key})
        else:
            host.open(self.model.key)
            host.do(m.INFO)
        self.host = host
        self.silent_s = 0

    def request(self, operation: int, args: dict) -> None:
        """Send one request and check its outcome against the model."""
        self.silent_s = 0
        if operation == m.READ_CODE and not self.development:
            expected = m.NO_ACCESS_KEY if self.model.key is None else m.UNKNOWN_OPERATION
            assert self.host.request(operation, **args)[0] in (m.UNKNOWN_OPERATION, expected)
            return
        request_id = os.urandom(8)
        answer = self.host.request(operation, request_id, **args)
        assert answer[0] == self.model.apply(operation, dict(args))
        # Requests that the token's state forbids are not remembered: they may be allowed later.
        forgotten = operation in (m.INFO, m.WIPE) or answer[0] == m.NO_ACCESS_KEY
        self.last = None if forgotten else (request_id, operation, args, answer)

    @precondition(lambda self: self.host and self.last and self.model.key)
    @rule()
    def ask_again(self):
        """A repeated request id gets the same answer and changes nothing."""
        request_id, operation, args, answer = self.last
        assert self.host.request(operation, request_id, **args) == answer
        self.silent_s = 0

    @precondition(lambda self: self.host and self.model.key)
    @rule(
        request=requests.filter(lambda request: request[0] not in (m.READ_CODE, m.WIPE, m.KEY_SET))
    )
    def lose(self, request):
        """The attacker takes a request off the cable; the host abandons its session."""
        operation, args = request
        payload = self.host.seal(
            cbor2.dumps({"id": os.urandom(8), "op": operation, "args": args}, canonical=True)
        )
        self.held, self.host = (self.host, payload, operation, args), None

    # Time.

    @rule(seconds=st.sampled_from([1, 5, 10, 20, 40, 70, None]))
    def wait(self, seconds):
        """Let time pass; a minute of silence ends a session. None means power off and on."""
        if seconds is None:
            self.token("restart")
            self.host = self.last = None
            return
        self.token("pass_time", seconds * 1000)
        self.silent_s += seconds
        if self.silent_s >= 60 and self.host:
            with pytest.raises(LinkError, match="no_session"):
                self.host.request(m.INFO)
            self.host = None

    # The attacker.

    @rule(data=st.data(), moves=st.lists(st.sampled_from(MOVES), min_size=1, max_size=6))
    def attack(self, data, moves):
        """Any sequence of the attacker's moves; the honest session survives it."""
        for move in moves:
            getattr(self, move)(data.draw)
        if self.host:
            self.request(m.INFO, {})

    def babble(self, draw) -> None:
        """Send any bytes."""
        self.inject(draw(st.binary(max_size=80)))

    def speak(self, draw) -> None:
        """Send any payload in a valid frame."""
        kind = draw(st.sampled_from([m.HELLO, m.HANDSHAKE, m.TRANSPORT, m.ERROR]))
        self.inject(frame(bytes([kind]) + draw(st.binary(max_size=120))))

    def replay(self, draw) -> None:
        """Send a message of the honest host again."""
        if self.seen:
            openings = [payload for payload in self.seen if payload[0] == m.HANDSHAKE]
            self.inject(
                frame(draw(st.sampled_from(draw(st.sampled_from([self.seen, openings]))[-20:])))
            )

    def damage(self, draw) -> None:
        """Flip a bit in a message or in its frame."""
        if self.seen:
            payload, framed = draw(st.sampled_from(self.seen[-20:])), draw(st.booleans())
            changed = bytearray(payload if framed else frame(payload))
            changed[draw(st.integers(0, len(changed) - 1))] ^= 1 << draw(st.integers(0, 7))
            self.inject(frame(bytes(changed)) if framed else bytes(changed))

    def cut(self, draw) -> None:
        """Send the beginning of a message."""
        if self.seen:
            payload, framed = draw(st.sampled_from(self.seen[-20:])), draw(st.booleans())
            whole = payload if framed else frame(payload)
            # A frame that lacks its last 0x00 alone is ended by the first one of the next. A
            # development build then takes that next frame for what stands between frames, and a
            # 0x03 in it for Ctrl-C.
            part = whole[: draw(st.integers(0, len(whole) - 2))] if len(whole) > 1 else b""
            self.inject(frame(part) if framed else part)

    def guess(self, draw) -> None:
        """Send a handshake under a wrong key, otherwise valid."""
        client = HonestClient(lambda payload: self.inject(frame(payload))[-1])
        with pytest.raises(LinkError, match=r"handshake_failed|no_access_key"):
            client.open(draw(st.binary(min_size=32, max_size=32)))

    def claim(self, draw) -> None:
        """Claim with a number that nobody confirmed; a token with a key refuses it."""
        client = HonestClient(lambda payload: self.inject(frame(payload))[-1])
        client.hello()
        promised = draw(st.binary(min_size=32, max_size=32))
        handshake = Handshake(m.PROLOGUE + client.hello_body, None, promised)
        (answer,) = self.inject(frame(bytes([m.HANDSHAKE, m.PATTERN_NN]) + handshake.first_message))
        if self.model.key is not None:
            assert cbor2.loads(answer[1:])["error"] == m.ALREADY_CLAIMED
            return
        _, client.send_key, client.receive_key = handshake.finish(answer[1:])
        client.sent = client.received = 0
        # Its own session is not claimed: everything is refused, and a wrong nonce ends it.
        client.handle = self.token.handle
        assert client.request(m.WIPE) == (m.NOT_CLAIMED, {})
        assert client.request(m.KEY_SET, kind=m.KEY_ISSUER, key=bytes(32)) == (m.NOT_CLAIMED, {})
        assert client.request(m.CLAIM, nonce=bytes(16)) == (m.COMMITMENT_BROKEN, {})
        self.host = None  # it replaced the session in which the owner had wiped the token

    @precondition(lambda self: self.held)
    @rule()
    def deliver(self):
        """Deliver the withheld request: it is carried out, or refused if its session has ended."""
        host, payload, operation, args = self.held
        self.held = None
        written, _ = self.token("feed", frame(payload))
        answer = answers(written)[-1]
        if answer[0] == m.TRANSPORT:
            assert cbor2.loads(host.unseal(answer))["error"] == self.model.apply(
                operation, dict(args)
            )
        else:
            assert cbor2.loads(answer[1:])["error"] == m.NO_SESSION
        self.seen.append(payload)

    @invariant()
    def the_vault_is_what_honest_requests_made_it(self):
        """Compare all fields with the model, in memory and in flash."""
        assert self.token("contents") == self.model.contents()


@pytest.mark.slow
def test_an_attacker_on_the_cable_changes_nothing(runtime: Runtime):
    examples, steps = (120, 40) if runtime.name == "cpython" else (25, 30)
    run_state_machine_as_test(
        lambda: Cable(runtime),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.filter_too_much,
                HealthCheck.data_too_large,
            ],
        ),
    )


def test_the_frames_of_the_test_are_those_of_the_cobs_package():
    payload = bytes(range(256)) * 3
    assert cobs.decode(frame(payload)[1:-1]) == payload + binascii.crc32(payload).to_bytes(
        4, "little"
    )

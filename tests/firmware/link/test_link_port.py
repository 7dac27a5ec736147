"""The byte stream: frames among garbage, and Ctrl-C between them."""

import cbor2
import pytest

from firmware.protocol import messages as m
from tests.support.link.client import HonestClient
from tests.support.link.frames import answers, frame
from tests.support.link.token import KEY, LinkUnderTest
from tests.support.runtime import Runtime

HELLO = b"\x01"


@pytest.fixture
def token(runtime: Runtime) -> LinkUnderTest:
    """A token of the development build."""
    return LinkUnderTest(runtime)


def exchange(token: LinkUnderTest, data: bytes) -> list[bytes]:
    """Send bytes to the token; return the payloads it answers."""
    written, interrupted = token("feed", data)
    assert not interrupted
    return answers(written)


def is_hello(payload: bytes) -> bool:
    """Return True when a payload is the token's hello."""
    return payload[0] == m.HELLO and cbor2.loads(payload[1:])["product"] == "kodeviser"


BAD_FRAME = bytes([m.ERROR]) + cbor2.dumps({"error": m.BAD_FRAME})


def test_a_frame_gets_its_answer(token):
    (answer,) = exchange(token, frame(HELLO))
    assert is_hello(answer)


def test_a_frame_may_come_byte_by_byte(token):
    found = [payload for byte in frame(HELLO) for payload in exchange(token, bytes([byte]))]
    assert len(found) == 1
    assert is_hello(found[0])


def test_frames_may_come_together(token):
    assert [is_hello(payload) for payload in exchange(token, frame(HELLO) * 3)] == [True] * 3


@pytest.mark.parametrize(
    "garbage",
    [b"AT\r\n", b"\xff" * 5000, frame(HELLO)[:-1], frame(HELLO)[:-3], b"\0\0\0", b"\x02\x01\0"],
    ids=["modem", "flood", "cut", "cut short", "zeros", "block"],
)
def test_a_frame_after_garbage_is_never_lost(token, garbage):
    found = exchange(token, garbage + frame(HELLO))
    assert is_hello(found[-1])
    assert all(payload == BAD_FRAME or is_hello(payload) for payload in found)


def test_a_damaged_frame_is_answered_as_such(token):
    damaged = bytearray(frame(HELLO))
    damaged[2] ^= 0x10
    assert exchange(token, bytes(damaged)) == [BAD_FRAME]


def test_an_endless_frame_is_answered_once(token):
    assert exchange(token, b"\0" + b"\x55" * 20_000) == []
    assert exchange(token, b"\0") == [BAD_FRAME]


def test_ctrl_c_between_frames_interrupts_a_development_build(token):
    assert token("feed", b"\x03") == (b"", True)
    exchange(token, frame(HELLO))
    assert token("feed", b"\x03") == (b"", True)
    # mpremote begins with a carriage return.
    assert token("feed", b"\r\x03") == (b"", True)
    exchange(token, frame(HELLO))


def test_ctrl_c_inside_a_frame_is_data(token):
    token.owned()
    block = frame(b"\x03" * 20)
    assert b"\x03" in block
    (answer,) = exchange(token, block)
    assert cbor2.loads(answer[1:]) == {"error": m.NO_SESSION}


def test_ctrl_c_does_nothing_on_a_production_build(runtime):
    token = LinkUnderTest(runtime, m.PRODUCTION)
    assert token("feed", b"\x03\x03\r\x03") == (b"", False)
    assert is_hello(exchange(token, frame(HELLO))[-1])


def test_the_port_is_idle_between_frames(token):
    assert token("idle")
    exchange(token, frame(HELLO)[:4])
    assert not token("idle")
    exchange(token, frame(HELLO)[4:])
    assert token("idle")


def test_a_whole_session_through_the_stream(token):
    host = HonestClient(lambda payload: exchange(token, frame(payload))[-1])
    host.claim(m.KEY_ISSUER, KEY)
    assert host.do(m.INFO)["storage"] == "ok"


def test_the_largest_request_fits_a_frame(token):
    host = HonestClient(lambda payload: exchange(token, frame(payload))[-1])
    host.claim(m.KEY_ISSUER, KEY)
    account = {
        "name": "x" * 32,
        "secret": bytes(64),
        "algorithm": "SHA512",
        "digits": 8,
        "counter": 2**63 - 1,
    }
    for number in range(8):
        host.do(m.CREDENTIAL_PUT, **{**account, "name": f"{number}" + "x" * 31})
    assert len(host.do(m.CREDENTIAL_LIST)["accounts"]) == 8

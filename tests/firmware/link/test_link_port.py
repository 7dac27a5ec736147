"""The byte stream: frames among garbage, and Ctrl-C between them."""

import binascii

import cbor2
import pytest
from cobs import cobs

from firmware.protocol import messages as m
from tests.firmware.link.honest_client import HonestClient
from tests.firmware.link.link_bench import KEY, Bench
from tests.support.runtime import Runtime

HELLO = b"\x01"


@pytest.fixture
def bench(runtime: Runtime) -> Bench:
    """A token of the development build."""
    return Bench(runtime)


def frame(payload: bytes) -> bytes:
    """A frame as the `cobs` package makes it."""
    return b"\0" + cobs.encode(payload + binascii.crc32(payload).to_bytes(4, "little")) + b"\0"


def answers(data: bytes) -> list[bytes]:
    """The payloads in what the token wrote."""
    found = []
    for block in data.split(b"\0"):
        if block:
            decoded = cobs.decode(block)
            assert decoded[-4:] == binascii.crc32(decoded[:-4]).to_bytes(4, "little")
            found.append(decoded[:-4])
    return found


def talk(bench: Bench, data: bytes) -> list[bytes]:
    """Bytes there, payloads back."""
    written, interrupted = bench("feed", data)
    assert not interrupted
    return answers(written)


def is_hello(payload: bytes) -> bool:
    """Whether a payload is the token's hello."""
    return payload[0] == m.HELLO and cbor2.loads(payload[1:])["product"] == "kodeviser"


BAD_FRAME = bytes([m.ERROR]) + cbor2.dumps({"error": m.BAD_FRAME})


def test_a_frame_gets_its_answer(bench):
    (answer,) = talk(bench, frame(HELLO))
    assert is_hello(answer)


def test_a_frame_may_come_byte_by_byte(bench):
    found = [payload for byte in frame(HELLO) for payload in talk(bench, bytes([byte]))]
    assert len(found) == 1
    assert is_hello(found[0])


def test_frames_may_come_together(bench):
    assert [is_hello(payload) for payload in talk(bench, frame(HELLO) * 3)] == [True] * 3


@pytest.mark.parametrize(
    "garbage",
    [b"AT\r\n", b"\xff" * 5000, frame(HELLO)[:-1], frame(HELLO)[:-3], b"\0\0\0", b"\x02\x01\0"],
    ids=["modem", "flood", "cut", "cut short", "zeros", "block"],
)
def test_a_frame_after_garbage_is_never_lost(bench, garbage):
    found = talk(bench, garbage + frame(HELLO))
    assert is_hello(found[-1])
    assert all(payload == BAD_FRAME or is_hello(payload) for payload in found)


def test_a_damaged_frame_is_answered_as_such(bench):
    damaged = bytearray(frame(HELLO))
    damaged[2] ^= 0x10
    assert talk(bench, bytes(damaged)) == [BAD_FRAME]


def test_a_flood_without_an_end_is_answered_once(bench):
    assert talk(bench, b"\0" + b"\x55" * 20_000) == []
    assert talk(bench, b"\0") == [BAD_FRAME]


def test_ctrl_c_between_frames_interrupts_a_development_build(bench):
    assert bench("feed", b"\x03") == (b"", True)
    talk(bench, frame(HELLO))
    assert bench("feed", b"\x03") == (b"", True)
    # mpremote begins with a carriage return.
    assert bench("feed", b"\r\x03") == (b"", True)
    talk(bench, frame(HELLO))


def test_ctrl_c_inside_a_frame_is_data(bench):
    bench.owned()
    block = frame(b"\x03" * 20)
    assert b"\x03" in block
    (answer,) = talk(bench, block)
    assert cbor2.loads(answer[1:]) == {"error": m.NO_SESSION}


def test_ctrl_c_does_nothing_on_a_production_build(runtime):
    bench = Bench(runtime, m.PRODUCTION)
    assert bench("feed", b"\x03\x03\r\x03") == (b"", False)
    assert is_hello(talk(bench, frame(HELLO))[-1])


def test_the_port_stands_idle_between_frames(bench):
    assert bench("idle")
    talk(bench, frame(HELLO)[:4])
    assert not bench("idle")
    talk(bench, frame(HELLO)[4:])
    assert bench("idle")


def test_a_whole_session_through_the_stream(bench):
    host = HonestClient(lambda payload: talk(bench, frame(payload))[-1])
    host.claim(m.KEY_ISSUER, KEY)
    assert host.do(m.INFO)["storage"] == "ok"


def test_the_largest_request_fits_a_frame(bench):
    host = HonestClient(lambda payload: talk(bench, frame(payload))[-1])
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

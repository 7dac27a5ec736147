"""Frames on the serial line: COBS against the `cobs` package, CRC-32 against zlib, and the decoder
on any input."""

import zlib

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.protocol.frames import encode
from firmware.protocol.messages import MAX_PAYLOAD
from tests.support.runtime import Runtime, refuses
from tests.support.vectors import load

FRAMES = "firmware.protocol.frames"
# Bytes rich in 0x00, and runs of around 254 and 508 bytes without one, the limits of a COBS run.
DATA = st.one_of(
    st.binary(max_size=600),
    st.lists(
        st.sampled_from([b"\0", b"\1", b"\xff", b"a" * 252, b"b" * 253, b"c" * 254, b"d" * 255]),
        max_size=6,
    ).map(b"".join),
)
GARBAGE = st.lists(
    st.one_of(st.binary(max_size=40), DATA.map(encode), st.just(b"\0"), st.just(b"\x03")),
    max_size=12,
)
VECTORS = [
    pytest.param(bytes.fromhex(case["plain"]), bytes.fromhex(case["stuffed"]), id=str(number))
    for number, case in enumerate(load("cobs")["vectors"])
]


def payloads(runtime: Runtime, *pieces: bytes) -> list[bytes | None]:
    return [
        payload
        for found, _ in runtime.call("tests.firmware.protocol.vm_frames", "feed", list(pieces))
        for payload in found
    ]


@pytest.mark.parametrize(("plain", "stuffed"), VECTORS)
def test_cobs_vectors(runtime: Runtime, plain: bytes, stuffed: bytes):
    assert runtime.call(FRAMES, "stuff", plain) == stuffed
    assert runtime.call(FRAMES, "unstuff", stuffed) == plain
    assert cobs.encode(plain) == stuffed


@given(DATA)
@settings(max_examples=80, deadline=None)
def test_cobs_equals_the_cobs_package(runtime: Runtime, data: bytes):
    stuffed = runtime.call(FRAMES, "stuff", data)
    assert stuffed == cobs.encode(data)
    assert runtime.call(FRAMES, "unstuff", stuffed) == data


@given(st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"")))
@settings(max_examples=80, deadline=None)
def test_unstuffing_refuses_what_the_cobs_package_refuses(runtime: Runtime, block: bytes):
    try:
        expected = cobs.decode(block)
    except cobs.DecodeError:
        refuses(runtime, "ValueError", FRAMES, "unstuff", block)
    else:
        assert runtime.call(FRAMES, "unstuff", block) == expected


def test_a_length_byte_of_zero_is_refused(runtime: Runtime):
    refuses(runtime, "ValueError", FRAMES, "unstuff", b"\0")


@given(DATA)
@settings(max_examples=60, deadline=None)
def test_a_frame_is_delimited_cobs_of_payload_and_crc(runtime: Runtime, payload: bytes):
    crc = zlib.crc32(payload).to_bytes(4, "little")
    assert runtime.call(FRAMES, "encode", payload) == b"\0" + cobs.encode(payload + crc) + b"\0"


@given(st.lists(DATA, min_size=1, max_size=3), st.data())
@settings(max_examples=60, deadline=None)
def test_frames_survive_any_cutting_of_the_stream(
    runtime: Runtime, sent: list[bytes], data: st.DataObject
):
    stream = b"".join(encode(payload) for payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [
        stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    assert payloads(runtime, *pieces) == sent


def test_frames_survive_coming_byte_by_byte(runtime: Runtime):
    sent = [b"", b"\0", b"\x03\0\x03", b"x" * 300]
    stream = b"".join(encode(payload) for payload in sent)
    assert payloads(runtime, *(bytes([byte]) for byte in stream)) == sent


@given(GARBAGE, DATA)
@settings(max_examples=80, deadline=None)
def test_a_frame_after_garbage_is_received(runtime: Runtime, garbage: list[bytes], payload: bytes):
    found = payloads(runtime, *garbage, encode(payload))
    assert found[-1] == payload


def test_garbage_is_reported_as_one_damaged_frame(runtime: Runtime):
    assert payloads(runtime, b"MicroPython v1.28 on", b" 2026", encode(b"hello")) == [
        None,
        b"hello",
    ]


def test_every_changed_bit_is_noticed(runtime: Runtime):
    frame = encode(b"a frame of the link")
    for i in range(1, len(frame) - 1):
        for bit in range(8):
            damaged = frame[:i] + bytes([frame[i] ^ 1 << bit]) + frame[i + 1 :]
            found = payloads(runtime, damaged)
            assert found, damaged
            assert not any(found), damaged


def test_every_lost_byte_is_noticed(runtime: Runtime):
    frame = encode(b"a frame of the link")
    for i in range(1, len(frame) - 1):
        assert payloads(runtime, frame[:i] + frame[i + 1 :]) == [None]


def test_a_lost_delimiter_costs_no_other_frame(runtime: Runtime):
    first, second = encode(b"first"), encode(b"second")
    assert payloads(runtime, first[:-1], second) == [b"first", b"second"]
    assert payloads(runtime, first, second[1:]) == [b"first", b"second"]


def test_empty_frames_are_ignored(runtime: Runtime):
    assert payloads(runtime, bytes(10), encode(b"x"), bytes(10)) == [b"x"]


def test_frames_too_short_for_a_crc_are_damaged(runtime: Runtime):
    for size in range(1, 4):
        assert payloads(runtime, b"\0" + cobs.encode(b"abc"[:size]) + b"\0") == [None]


def test_the_longest_payload_is_accepted_and_one_byte_more_is_refused(runtime: Runtime):
    for filler in (b"\0", b"\x55", b"\xff"):
        longest = filler * MAX_PAYLOAD
        assert payloads(runtime, runtime.call(FRAMES, "encode", longest)) == [longest]
    refuses(runtime, "ValueError", FRAMES, "encode", bytes(MAX_PAYLOAD + 1))
    too_long = b"\x55" * (MAX_PAYLOAD + 1)
    framed = b"\0" + cobs.encode(too_long + zlib.crc32(too_long).to_bytes(4, "little")) + b"\0"
    assert payloads(runtime, framed, encode(b"next")) == [None, b"next"]


def test_an_endless_frame_is_dropped_and_reported_once(runtime: Runtime):
    flood = [b"\x55" * 1000] * 20
    assert payloads(runtime, *flood, encode(b"next")) == [None, b"next"]
    assert (
        runtime.call("tests.firmware.protocol.vm_frames", "most_kept", flood) <= MAX_PAYLOAD + 4 + 9
    )
    assert runtime.call("tests.firmware.protocol.vm_frames", "most_kept", [b"".join(flood)]) == 0


@given(GARBAGE)
@settings(max_examples=80, deadline=None)
def test_random_bytes_never_raise(runtime: Runtime, garbage: list[bytes]):
    assert all(
        payload is None or len(payload) <= MAX_PAYLOAD for payload in payloads(runtime, *garbage)
    )


def test_idle_lasts_until_a_zero_opens_a_frame(runtime: Runtime):
    frame = encode(b"payload")
    pieces = [b"\r\x03", b"\0", frame[1:2], frame[2:-1], b"\0", b"\x03"]
    idle = [
        idle
        for _, idle in runtime.call(
            "tests.firmware.protocol.vm_frames", "feed", [frame, *pieces[:1]]
        )
    ]
    assert idle == [True, True]
    idle = [
        idle for _, idle in runtime.call("tests.firmware.protocol.vm_frames", "feed", pieces[1:])
    ]
    assert idle == [False, False, False, True, True]


def test_a_frame_that_begins_with_0x03_is_not_taken_for_an_interrupt(runtime: Runtime):
    # COBS begins with 3 when the payload's third byte is the first 0x00: one encrypted message in
    # 256.
    frame = encode(b"\x03\x99\x00rest")
    assert frame[1] == 3
    for garbage in (b"", b"noise"):
        steps = runtime.call(
            "tests.firmware.protocol.vm_frames", "feed", [garbage, frame[:1], frame[1:2]]
        )
        assert not steps[1][1]
        assert not steps[2][1]

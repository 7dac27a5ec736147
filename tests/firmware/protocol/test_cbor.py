"""The strict CBOR subset (RFC 8949) against the `cbor2` package, on both VMs."""

import json
import re

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.runtime import RemoteError, Runtime, refuses
from tests.support.vectors import load

CBOR = "firmware.protocol.cbor"
CASES = load("rfc8949_cbor")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64 - 1),
    st.binary(max_size=300),
    st.text(max_size=40),
)


def nested(depth: int) -> st.SearchStrategy:
    if depth == 0:
        return SCALARS
    inner = nested(depth - 1)
    return st.one_of(
        SCALARS,
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=8), inner, max_size=5),
    )


VALUES = nested(4)


def typed(value: object) -> object:
    """Return the value with its types, as True == 1 in Python but not in CBOR; a map's keys have no
    order."""
    if isinstance(value, list | tuple):
        return ("list", [typed(item) for item in value])
    if isinstance(value, dict):
        return ("dict", {key: typed(item) for key, item in value.items()})
    return (type(value).__name__, value)


def from_diagnostic(text: str) -> object:
    """Return a value from CBOR's diagnostic notation (section 8), which is JSON except for byte
    strings."""
    if found := re.fullmatch(r"h'([0-9a-f]*)'", text):
        return bytes.fromhex(found[1])
    return json.loads(text)


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["diagnostic"])
def test_examples_of_rfc_8949_appendix_a(runtime: Runtime, case: dict):
    encoded, value = bytes.fromhex(case["hex"]), from_diagnostic(case["diagnostic"])
    assert typed(cbor2.loads(encoded)) == typed(value), "the vector is mistyped"
    assert typed(runtime.call(CBOR, "loads", encoded)) == typed(value)
    again = runtime.call(CBOR, "dumps", value)
    assert again == encoded


@pytest.mark.parametrize(
    "case", CASES["refused"], ids=lambda case: case["diagnostic"] + " " + case["hex"]
)
def test_examples_of_rfc_8949_outside_the_subset_are_refused(runtime: Runtime, case: dict):
    encoded = bytes.fromhex(case["hex"])
    cbor2.loads(encoded)  # well-formed, so only the subset excludes it
    refuses(runtime, "ValueError", CBOR, "loads", encoded)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_we_encode_as_cbor2_does_deterministically(runtime: Runtime, value: object):
    assert runtime.call(CBOR, "dumps", value) == cbor2.dumps(value, canonical=True)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_we_decode_what_cbor2_encodes(runtime: Runtime, value: object):
    assert typed(runtime.call(CBOR, "loads", cbor2.dumps(value, canonical=True))) == typed(value)


@given(VALUES, st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_items_are_refused_or_mean_what_cbor2_reads(
    runtime: Runtime, value: object, data: st.DataObject
):
    encoded = bytearray(cbor2.dumps(value, canonical=True))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    check_read(runtime, bytes(encoded))


@given(st.binary(max_size=30))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_refused_or_mean_what_cbor2_reads(runtime: Runtime, data: bytes):
    check_read(runtime, data)


def check_read(runtime: Runtime, data: bytes) -> None:
    try:
        value = runtime.call(CBOR, "loads", data)
    except RemoteError as refusal:
        kind = refusal.kind
    else:
        kind = None
        assert typed(cbor2.loads(data)) == typed(value)
        assert runtime.call(CBOR, "dumps", value) == data, "two encodings of one value"
    assert kind in (None, "ValueError")


def test_every_truncation_is_refused(runtime: Runtime):
    encoded = cbor2.dumps(
        {"id": bytes(8), "op": 1000, "args": {"name": "bank", "list": [1, -70000, None]}},
        canonical=True,
    )
    for size in range(len(encoded)):
        refuses(runtime, "ValueError", CBOR, "loads", encoded[:size])


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("0000", id="a second item behind"),
        pytest.param("1817", id="23 in two bytes"),
        pytest.param("1900ff", id="255 in three bytes"),
        pytest.param("1a0000ffff", id="65535 in five bytes"),
        pytest.param("1b00000000ffffffff", id="2^32-1 in nine bytes"),
        pytest.param("3817", id="-24 in two bytes"),
        pytest.param("580161", id="byte string with a long head"),
        pytest.param("780161", id="text with a long head"),
        pytest.param("980100", id="array with a long head"),
        pytest.param("b8016100f6", id="map with a long head"),
        pytest.param("1c" + "ff" * 16, id="reserved head 28"),
        pytest.param("1d" + "ff" * 32, id="reserved head 29"),
        pytest.param("1e" + "ff" * 64, id="reserved head 30"),
        pytest.param("1f" + "ff" * 128, id="indefinite integer"),
        pytest.param("ff", id="break alone"),
        pytest.param("f816", id="null in two bytes"),
        pytest.param("a2616101616102", id="key twice"),
        pytest.param("a2616201616102", id="keys out of order"),
        pytest.param("a262616101616202", id="a longer key before a shorter one"),
        pytest.param("a1f600", id="null as key"),
        pytest.param("a1416100", id="bytes as key"),
        pytest.param("a1800000", id="array as key"),
        pytest.param("5bffffffffffffffff", id="string of 2^64 bytes"),
        pytest.param("5a7fffffff00", id="string of 2^31 bytes"),
        pytest.param("7b7fffffffffffffff61", id="text of 2^63 bytes"),
        pytest.param("9bffffffffffffffff", id="array of 2^64 items"),
        pytest.param("bbffffffffffffffff", id="map of 2^64 pairs"),
        pytest.param("9841" + "00" * 65, id="65 items"),
        pytest.param("8181818180", id="five deep"),
        pytest.param("a16161a16161a16161a16161a0", id="five maps deep"),
    ],
)
def test_other_encodings_are_refused(runtime: Runtime, encoded: str):
    refuses(runtime, "ValueError", CBOR, "loads", bytes.fromhex(encoded))


def test_unbounded_nesting_is_refused(runtime: Runtime):
    refuses(runtime, "ValueError", CBOR, "loads", b"\x81" * 2000)
    refuses(runtime, "ValueError", CBOR, "loads", b"\xa1\x61\x61" * 600)


def test_items_at_the_limits_are_accepted(runtime: Runtime):
    for value in (
        [[[[]]]],
        {"a": {"a": {"a": {}}}},
        list(range(64)),
        {str(i): i for i in range(64)},
    ):
        assert runtime.call(CBOR, "loads", cbor2.dumps(value, canonical=True)) == value
        assert cbor2.loads(runtime.call(CBOR, "dumps", value)) == value


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("80", id="continuation alone"),
        pytest.param("c3", id="cut short"),
        pytest.param("c080", id="overlong U+0000"),
        pytest.param("c1bf", id="overlong U+007F"),
        pytest.param("e09fbf", id="overlong U+07FF"),
        pytest.param("f08fbfbf", id="overlong U+FFFF"),
        pytest.param("eda080", id="surrogate U+D800"),
        pytest.param("edbfbf", id="surrogate U+DFFF"),
        pytest.param("f4908080", id="U+110000"),
        pytest.param("f7bfbfbf", id="U+1FFFFF"),
        pytest.param("f888808080", id="five bytes"),
        pytest.param("e228a1", id="broken sequence"),
    ],
)
def test_text_that_is_not_utf_8_is_refused(runtime: Runtime, raw: str):
    text = bytes.fromhex(raw)
    refuses(runtime, "ValueError", CBOR, "loads", bytes([0x60 + len(text)]) + text)
    refuses(runtime, "ValueError", CBOR, "loads", bytes([0xA1, 0x60 + len(text)]) + text + b"\x00")


@pytest.mark.parametrize(
    "value",
    [
        2**64,
        -(2**64) - 1,
        1.5,
        {1: 2},
        {b"a": 1},
        {None: 1},
        [[[[[]]]]],
        list(range(65)),
        {str(i): i for i in range(65)},
    ],
    ids=[
        "2^64",
        "-2^64-1",
        "float",
        "integer key",
        "bytes key",
        "null key",
        "five deep",
        "65 items",
        "65 pairs",
    ],
)
def test_values_outside_the_subset_are_not_encoded(runtime: Runtime, value: object):
    refuses(runtime, "ValueError", CBOR, "dumps", value)

"""Replies are decoded strictly: known fields, types and sizes; anything else is a GarbageError."""

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import replies
from host_tools.link.replies import GarbageError
from tests.support.outcome import error_of

HELLO = {
    "product": "kodeviser",
    "board": "pico",
    "serial": "123456789015",
    "version": "0.1.0",
    "protocol": 1,
    "build": "development",
    "form": "frozen",
    "state": "blank",
    "key": "none",
}


def test_a_hello_is_read_and_kept_as_it_came():
    body = cbor2.dumps(HELLO, canonical=True)
    hello = replies.hello(body)
    assert (hello.serial, hello.state, hello.body) == ("123456789015", "blank", body)
    assert hello.form == "frozen"


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "12345"},
        {"serial": "١٢٣٤٥٦٧٨٩٠١٥"},
        {"serial": 123456789015},
        {"state": "happy"},
        {"form": "thawed"},
        {"key": 1},
        {"build": "\x1b[31mdevelopment"},
        {"version": "\x1b]0;owned\x07"},
        {"version": "9" * 65},
        {"protocol": True},
        {"protocol": "1"},
        {"surprise": 1},
    ],
)
def test_a_hello_out_of_the_ordinary_is_garbage(change):
    with pytest.raises(GarbageError) as caught:
        replies.hello(cbor2.dumps(HELLO | change, canonical=True))
    assert "\x1b" not in caught.value.message


def test_another_protocol_version_is_reported_whatever_other_fields_there_are():
    with pytest.raises(KodebrikError, match="speaks version 2") as caught:
        replies.hello(cbor2.dumps({"protocol": 2, "new": [1]}, canonical=True))
    assert caught.value.exit_code == ExitCode.VERSION


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x02",  # trailing byte
        b"\x18\x01",  # not the shortest form
        b"\x9f\x01\xff",  # indefinite length
        b"\xa2\x61a\x01\x61a\x02",  # a key twice
        b"\xa1\x01\x02",  # a key that is no text
        b"\xc1\x01",  # a tag
        b"\xf9\x3c\x00",  # a float
        b"\xf7",  # undefined
        b"\x61\xff",  # not UTF-8
        b"\x81" * 6 + b"\x01",  # too deep
        b"\x98\x41" + b"\x01" * 65,  # too many
        b"\xc2\x49" + b"\xff" * 9,  # a bignum
        b"\xd8\x23\x61(",  # a regular expression
    ],
)
def test_cbor_outside_the_links_subset_is_garbage(data):
    with pytest.raises(GarbageError):
        replies.loads(data)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=12,
)


def depth(item):
    """Give nested containers."""
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(plain.filter(lambda item: depth(item) <= 4))
def test_the_subset_is_read_whole(item):
    assert replies.loads(cbor2.dumps(item, canonical=True)) == item


def test_keys_out_of_order_are_refused() -> None:
    assert replies.loads(bytes.fromhex("a2616101616202")) == {"a": 1, "b": 2}
    with pytest.raises(replies.GarbageError):
        replies.loads(bytes.fromhex("a2616202616101"))


@given(st.binary(max_size=300))
@example(b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff")
def test_any_bytes_are_read_or_are_garbage(data):
    for read in (replies.loads, replies.hello):
        error = error_of(read, data)
        assert error is None or error.exit_code in (ExitCode.GARBAGE, ExitCode.VERSION)


@given(plain)
def test_any_item_is_an_account_or_garbage(item):
    for read in (replies.account, replies.clock):
        with pytest.raises(GarbageError):
            read(item)

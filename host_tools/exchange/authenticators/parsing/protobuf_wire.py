"""The wire format of Protocol Buffers, as far as Google Authenticator's export uses it
(https://protobuf.dev/programming-guides/encoding/): records of a field's number and a value that is
a varint or a run of bytes.

Whole or not at all: a record that breaks off, or is of another type, is a ValueError.
"""

from collections.abc import Iterator

VARINT, LENGTH_DELIMITED = 0, 2
_MOST_VARINT = 10  # bytes of 64 bits

Record = tuple[int, int | bytes]


def records(message: bytes) -> Iterator[Record]:
    """Give (field number, value) of each record: an int from 0 to 2^64 - 1, or bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if not number or wire_type not in (VARINT, LENGTH_DELIMITED):
            raise ValueError("another wire type")
        value, at = _varint(message, at)
        if wire_type == VARINT:
            yield number, value
            continue
        if at + value > len(message):
            raise ValueError("breaks off")
        yield number, message[at : at + value]
        at += value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Give the number that begins at `at`, and where the rest begins."""
    value = 0
    for index, byte in enumerate(message[at : at + _MOST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the last byte has its highest bit clear
            if value >= 2**64 or (index and not byte):
                raise ValueError("not the shortest form of 64 bits")
            return value, at + index + 1
    raise ValueError("breaks off")

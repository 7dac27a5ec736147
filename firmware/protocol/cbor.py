"""The CBOR subset of the link and the vault (RFC 8949), deterministically encoded (section 4.2.1).

Integers of 64 bits, byte and text strings, arrays, maps, false, true, null.

Strict, so that a value has one encoding: definite lengths, shortest heads, a map's text keys in the
order of their encodings and each once, valid UTF-8, nothing after the item; at most 4 nested
containers of 64 items each.
"""

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

MAX_DEPTH = 4
MAX_ITEMS = 64
# Major types (section 3.1), already shifted into the upper three bits of an item's first byte.
_UNSIGNED = 0
_NEGATIVE = 0x20
_BYTES = 0x40
_TEXT = 0x60
_ARRAY = 0x80
_MAP = 0xA0
_OTHER = 0xE0
_FIRST = 64  # bytes of a buffer at first
_SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None}


def dumps(value: object) -> bytes:
    """Encode a value; ValueError for one outside the subset."""
    out = bytearray(_FIRST)
    end = write(out, 0, value)  # before there is a memoryview, which would keep its length
    return bytes(memoryview(out)[:end])


def write(out: bytearray, at: int, value: object, depth: int = 0) -> int:
    """Write the encoding of a value at offset `at` of a buffer, which is made longer where that
    does not fit; return the offset after it. ValueError as dumps()."""
    if value is None or value is True or value is False:
        return _write_head(out, at, _OTHER, 22 if value is None else 20 + value)
    if isinstance(value, int):
        if value < 0:
            return _write_head(out, at, _NEGATIVE, -1 - value)
        return _write_head(out, at, _UNSIGNED, value)
    if isinstance(value, (bytes, bytearray)):
        return _write_string(out, at, _BYTES, value)
    if isinstance(value, str):
        return _write_string(out, at, _TEXT, _utf8(value))
    if isinstance(value, (list, tuple)):
        _check_container(len(value), depth)
        at = _write_head(out, at, _ARRAY, len(value))
        for item in value:
            at = write(out, at, item, depth + 1)
        return at
    if isinstance(value, dict):
        return _write_map(out, at, value, depth)
    raise ValueError("a type outside the CBOR subset")


def loads(data: bytes) -> "Any":
    """Decode the one item that fills data; ValueError for anything else."""
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise ValueError("bytes after the item")
    return value


def _write_map(out: bytearray, at: int, value: dict, depth: int) -> int:
    _check_container(len(value), depth)
    keys = []
    for key in value:
        if not isinstance(key, str):
            raise ValueError("a map key must be text")
        raw = _utf8(key)
        keys.append((len(raw), raw, key))  # in the order of their encodings
    keys.sort()
    at = _write_head(out, at, _MAP, len(value))
    for _, raw, key in keys:
        at = write(out, _write_string(out, at, _TEXT, raw), value[key], depth + 1)
    return at


def _write_string(out: bytearray, at: int, major: int, raw: bytes | bytearray) -> int:
    at = _write_head(out, at, major, len(raw))
    end = at + len(raw)
    _make_room(out, end)
    out[at:end] = raw
    return end


def _write_head(out: bytearray, at: int, major: int, number: int) -> int:
    _make_room(out, at + 9)
    if number < 24:
        out[at] = major | number
        return at + 1
    for info in (24, 25, 26, 27):
        size = 1 << (info - 24)
        if number < 1 << (8 * size):
            out[at] = major | info
            end = at + 1 + size
            out[at + 1 : end] = number.to_bytes(size, "big")
            return end
    raise ValueError("an integer of more than 64 bits")


def _make_room(out: bytearray, end: int) -> None:
    """Make a buffer as long as that by doubling: eight bytes at a time, as append() does, it would
    be copied a hundred times."""
    while len(out) < end:
        out.extend(bytes(len(out)))


def _utf8(text: str) -> bytes:
    raw = text.encode()
    if len(raw) != len(text):
        _check_utf8(text, len(raw))
    return raw


def _read(data: bytes, at: int, depth: int) -> tuple:
    """Return the item at offset `at`, and the offset after it."""
    if at >= len(data):
        raise ValueError("the item is cut short")
    first = data[at]
    major = first & 0xE0
    number = first & 0x1F
    at += 1
    if number > 23 and major != _OTHER:
        number, at = _read_number(data, at, number)
    if _BYTES <= major <= _TEXT:
        end = at + number
        # Checked before slicing: MicroPython takes no slice end beyond a machine word.
        if end > len(data):
            raise ValueError("the string is cut short")
        raw = data[at:end]
        if major == _BYTES:
            return raw, end
        text = str(raw, "utf-8")
        if len(text) != number:
            _check_utf8(text, number)
        return text, end
    if major == _UNSIGNED:
        return number, at
    if major == _NEGATIVE:
        return -1 - number, at
    if major == _ARRAY:
        _check_container(number, depth)
        items = []
        for _ in range(number):
            item, at = _read(data, at, depth + 1)
            items.append(item)
        return items, at
    if major == _MAP:
        _check_container(number, depth)
        return _read_map(data, at, number, depth + 1)
    if first in _SIMPLE:
        return _SIMPLE[first], at
    raise ValueError("a tag, a float, or a simple value outside the subset")


def _read_number(data: bytes, at: int, info: int) -> tuple:
    if info > 27:
        raise ValueError("an indefinite length or a reserved head")
    size = 1 << (info - 24)
    if at + size > len(data):
        raise ValueError("the head is cut short")
    number = int.from_bytes(data[at : at + size], "big")
    if number < (24 if size == 1 else 1 << (4 * size)):
        raise ValueError("a head longer than needed")
    return number, at + size


def _read_map(data: bytes, at: int, pairs: int, depth: int) -> tuple:
    found = {}
    before = ""
    longest = -1
    for _ in range(pairs):
        start = at
        size = data[at] - _TEXT if at < len(data) else -1
        if 0 <= size < 24 and at + size < len(data):  # nearly all keys
            at += 1 + size
            key = str(data[start + 1 : at], "utf-8")
            if len(key) != size:
                _check_utf8(key, size)
        else:
            key, at = _read(data, at, depth)
            if not isinstance(key, str):
                raise ValueError("a map key must be text")
        # In the order of their encodings: the shorter first, as the length is in the head.
        size = at - start
        if size < longest or (size == longest and key <= before):
            raise ValueError("map keys twice or out of order")
        longest = size
        before = key
        found[key], at = _read(data, at, depth)
    return found, at


def _check_container(items: int, depth: int) -> None:
    if items > MAX_ITEMS:
        raise ValueError("too many items in a container")
    if depth >= MAX_DEPTH:
        raise ValueError("containers nested too deep")


def _check_utf8(text: str, length: int) -> None:
    """Raise ValueError unless `text` is encoded in so many bytes: MicroPython's decoder accepts
    surrogates, overlong forms and numbers above U+10FFFF."""
    size = 0
    for character in text:
        point = ord(character)
        if 0xD800 <= point < 0xE000 or point > 0x10FFFF:
            raise ValueError("not UTF-8")
        size += 1 + (point > 0x7F) + (point > 0x7FF) + (point > 0xFFFF)
    if size != length:
        raise ValueError("not UTF-8")

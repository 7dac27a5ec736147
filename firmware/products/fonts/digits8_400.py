# Made by python -m host_tools.devtools.fonts of ShareTech-Regular.ttf; the rows of its characters lie beside it.

_chars = '0123456789'
_widths = b'//////////'
_places = b'\x00\x00\xfe\x01\xfc\x03\xfa\x05\xf8\x07\xf6\t\xf4\x0b\xf2\r\xf0\x0f\xee\x11'
_file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
_start = _file.tell()
_rows = memoryview(bytearray(510))


def height():
    return 85


def max_width():
    return 47


def min_ch():
    return 48


def max_ch():
    return 57


def _number(ch):
    number = _chars.find(ch)
    return number if number >= 0 else 0


def width(ch):
    return _widths[_number(ch)]


def get_ch(ch):
    number = _number(ch)
    width = _widths[number]
    rows = _rows[: (width + 7) // 8 * 85]
    _file.seek(_start + (_places[2 * number] | _places[2 * number + 1] << 8))
    _file.readinto(rows)
    return rows, 85, width

# Made by python -m host_tools.devtools.fonts of ShareTech-Regular.ttf; the rows of its characters lie beside it.

_chars = '0123456789'
_widths = b'>>>>>>>>>>'
_places = b'\x00\x00x\x03\xf0\x06h\n\xe0\rX\x11\xd0\x14H\x18\xc0\x1b8\x1f'
_file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
_start = _file.tell()
_rows = memoryview(bytearray(888))


def height():
    return 111


def max_width():
    return 62


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
    rows = _rows[: (width + 7) // 8 * 111]
    _file.seek(_start + (_places[2 * number] | _places[2 * number + 1] << 8))
    _file.readinto(rows)
    return rows, 111, width

# Made by python -m host_tools.devtools.fonts of PT_Sans-Web-Regular.ttf; the rows of its characters are text_400_rows.

_chars = ' ,-.0123456789?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÅÆØåæø'
_widths = b'\x0b\t\x0f\t\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\x12\x1a\x19\x18\x1b\x17\x16\x1a\x1c\x0c\x0c\x1a\x16!\x1c\x1d\x17 \x19\x16\x17\x1b\x19$\x1a\x18\x17\x14\x17\x13\x17\x15\x10\x17\x17\x0b\x0b\x14\r"\x17\x17\x17\x17\x0e\x12\x0f\x17\x15 \x15\x14\x13\x1a$\x1d\x14!\x17'
_places = b'\x00\x00X\x00\xb0\x00\x08\x01`\x01\xe4\x01h\x02\xec\x02p\x03\xf4\x03x\x04\xfc\x04\x80\x05\x04\x06\x88\x06\x0c\x07\xbc\x07l\x08\xf0\x08\xa0\t$\n\xa8\nX\x0b\x08\x0c`\x0c\xb8\x0ch\r\xec\r\xc8\x0ex\x0f(\x10\xac\x10\\\x11\x0c\x12\x90\x12\x14\x13\xc4\x13t\x14P\x15\x00\x16\x84\x16\x08\x17\x8c\x17\x10\x18\x94\x18\x18\x19\x9c\x19\xf4\x19x\x1a\xfc\x1aT\x1b\xac\x1b0\x1c\x88\x1cd\x1d\xe8\x1dl\x1e\xf0\x1et\x1f\xcc\x1fP \xa8 ,!\xb0!`"\xe4"h#\xec#\x9c$x%(&\xac&\x88\''
try:
    _file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
except OSError:
    import sys
    from io import BytesIO

    __import__(__name__ + "_rows")
    _file = BytesIO(sys.modules[__name__ + "_rows"].ROWS)
_rows = memoryview(bytearray(220))


def height():
    return 44


def max_width():
    return 36


def min_ch():
    return 32


def max_ch():
    return 248


def _number(ch):
    number = _chars.find(ch)
    return number if number >= 0 else 14


def width(ch):
    return _widths[_number(ch)]


def get_ch(ch):
    number = _number(ch)
    width = _widths[number]
    rows = _rows[: (width + 7) // 8 * 44]
    _file.seek(_places[2 * number] | _places[2 * number + 1] << 8)
    _file.readinto(rows)
    return rows, 44, width

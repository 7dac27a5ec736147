# Made by python -m host_tools.devtools.fonts of PT_Sans-Web-Regular.ttf; the rows of its characters lie beside it.

_chars = " &'+,-./0123456789:?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyzÅÆØäåæéöøü"
_widths = b'\x0b"\t\x15\t\x0f\t\x13\x17\x17\x17\x17\x17\x17\x17\x17\x17\x17\t\x12-\x1a\x19\x18\x1b\x17\x16\x1a\x1c\x0c\x0c\x1a\x16!\x1c\x1d\x17 \x19\x16\x17\x1b\x19$\x1a\x18\x17\x12\x14\x17\x13\x17\x15\x10\x17\x17\x0b\x0b\x14\r"\x17\x17\x17\x17\x0e\x12\x0f\x17\x15 \x15\x14\x13\x1a$\x1d\x14\x14!\x15\x17\x17\x17'
_places = b'\x00\x00X\x004\x01\x8c\x01\x10\x02h\x02\xc0\x02\x18\x03\x9c\x03 \x04\xa4\x04(\x05\xac\x050\x06\xb4\x068\x07\xbc\x07@\x08\xc4\x08\x1c\t\xa0\t\xa8\nX\x0b\x08\x0c\x8c\x0c<\r\xc0\rD\x0e\xf4\x0e\xa4\x0f\xfc\x0fT\x10\x04\x11\x88\x11d\x12\x14\x13\xc4\x13H\x14\xf8\x14\xa8\x15,\x16\xb0\x16`\x17\x10\x18\xec\x18\x9c\x19 \x1a\xa4\x1a(\x1b\xac\x1b0\x1c\xb4\x1c8\x1d\xbc\x1d\x14\x1e\x98\x1e\x1c\x1ft\x1f\xcc\x1fP \xa8 \x84!\x08"\x8c"\x10#\x94#\xec#p$\xc8$L%\xd0%\x80&\x04\'\x88\'\x0c(\xbc(\x98)H*\xcc*P+,,\xb0,4-\xb8-'
_file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
_start = _file.tell()
_rows = memoryview(bytearray(264))


def height():
    return 44


def max_width():
    return 45


def min_ch():
    return 32


def max_ch():
    return 252


def _number(ch):
    number = _chars.find(ch)
    return number if number >= 0 else 19


def top():
    return 0


def width(ch):
    return _widths[_number(ch)]


def picture(ch):
    number = _number(ch)
    width = _widths[number]
    size = (width + 7) // 8 * 44
    place = _places[2 * number] | _places[2 * number + 1] << 8
    rows = _rows[:size]
    _file.seek(_start + place)
    _file.readinto(rows)
    return rows, width, 44, 3


def get_ch(ch):
    rows, width, height, _ = picture(ch)
    return rows, height, width

"""Where the parts of a token lie in its case, and what the case lets through. Millimetres.

x goes to the right, y away from its user, z up; the origin is the inner corner at the left, near
and bottom. Parts lie on the floor, on pegs, or hang from the lid.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

WALL, FLOOR, LID = 2.4, 2.0, 2.4  # thickness
ROUNDING = 4.0  # radius of the upright outer edges
POST, SCREW_PILOT, SCREW_HOLE = 7.0, 2.1, 2.9  # corner posts for self-tapping screws M2.5
LIP, LIP_DEEP, LIP_GAP = 1.6, 2.0, 0.3  # of the lid, into the body
PEG, PEG_PILOT = 4.4, 1.6  # under a board's holes, for screws M2
# ISO 24503: tactile dots, 0.5 mm or more. Its other figures were not at hand; as a braille dot has
# 0.5 mm at 1.5 mm, this one is higher and wider.
DOT_HIGH, DOT_WIDE = 0.8, 3.0
KEY_GAP = 0.5  # around a key's cap


class Measure(NamedTuple):
    """Width, length and height of a part with what is soldered to it, and where they are from."""

    wide: float
    long: float
    high: float
    source: str


_PLANNED = "a board of perforated stripboard, as planned here"
MEASURES = {
    "pico": Measure(
        21.0,
        51.0,
        4.5,
        "Pico and Pico 2 data sheets, figure 3: 51 x 21 x 1 mm; height with USB socket",
    ),
    "devkitc": Measure(
        25.4,
        63.4,
        6.0,
        "outline of Espressif's KiCad footprint ESP32-S3-DevKitC: 25.36 x 63.40 mm; height: 1.6 mm "
        "of board and 3.1 mm of module (ESP32-S3-WROOM-1 data sheet), sockets and buttons assumed",
    ),
    "antenna": Measure(
        18.0,
        6.2,
        3.2,
        "the same footprint: the module, 18 mm wide, stands 6.16 mm out at the far end",
    ),
    "cell": Measure(29.0, 36.0, 6.0, "Adafruit 1578: 29 x 36 x 4.75 mm; 1.25 mm to swell"),
    "clock": Measure(39.0, 23.0, 13.0, "Adafruit 3013: assumed, with pins and cell"),
    "latch": Measure(20.0, 30.0, 10.0, _PLANNED),
    "oled": Measure(38.0, 30.0, 7.0, "Adafruit 326: assumed, with connectors"),
    "memory lcd": Measure(
        72.0, 54.0, 8.0, "Adafruit 4694: assumed; the panel is 62.8 x 42.8 x 1.64 mm (SHARP)"
    ),
    "key": Measure(
        16.0,
        16.0,
        12.0,
        "Omron B3F-4055 (data sheet A070): 12 x 12 mm, 4.3 mm without its plunger; on 1.6 mm of "
        "board, with pins",
    ),
    "keys": Measure(50.0, 67.0, 12.0, f"twelve keys 17 mm apart; {_PLANNED}"),
    "amplifier": Measure(19.5, 18.0, 5.0, "Adafruit 3006: 19.4 x 17.8 x 3 mm, with wires"),
    "headphones": Measure(21.0, 51.0, 13.0, "Pimoroni PIM544: assumed, of the Pico's outline"),
    "speaker": Measure(30.0, 20.0, 6.0, "Adafruit 3923: 30 x 20 x 5 mm (assumed), with wires"),
    "motor": Measure(12.0, 12.0, 4.0, "Adafruit 1201: a coin of 10 x 2.7 mm (assumed); optional"),
    "jack": Measure(15.0, 12.0, 11.0, "CUI SJ1-3525N: assumed, without its nose"),
}
CAP = 12.0  # square: Omron B32-13x0, key tops for the B3F-4000 series (data sheet A077)
PITCH = 17.0  # from one key to the next
# Visible fields. OLED: UG-2864HSWEG01, 21.74 x 10.86 mm (assumed). LS027B7DH01: 58.8 x 35.28 mm.
VISIBLE = {"oled": (21.8, 10.9), "memory lcd": (58.8, 35.3)}
WINDOW_GAP = 0.6  # around the visible field
JACK_NOSE = 6.4  # diameter of the hole for the jack's thread
STOP, STOP_GAP = 3.0, 0.3  # diameter of a stop, which a plug presses the board against


class BoardShape(NamedTuple):
    """How a microcontroller board is held, and where its plugs go in.

    It stands `stands` above the floor on pegs at `rests`, by screws if it has holes there; without,
    it is taped, and rests against `stops` behind it. `far` is the measure of what stands out in the
    middle of its far end, at the height of its upper side, `thick`. `opening` is the width and
    height of what lets plugs with their grips through, `socket_at` the sockets' middle above the
    board's underside. Places are from the board's near left corner.
    """

    measure: str
    stands: float
    rests: tuple[tuple[float, float], ...]
    screws: bool
    opening: tuple[float, float]
    socket_at: float
    stops: tuple[tuple[float, float], ...] = ()
    far: str | None = None
    thick: float = 1.0


_PICO = BoardShape(
    "pico",
    stands=3.0,
    rests=((4.8, 2.0), (16.2, 2.0), (4.8, 49.0), (16.2, 49.0)),  # Pico data sheet, figure 3
    screws=True,
    opening=(12.0, 8.0),
    socket_at=2.4,
)
# It has no holes for screws. Its pins are cut to 4 mm, and its pegs stand between their rows, which
# are 22.86 mm apart. Where its two sockets are along the edge is assumed: the opening is for both.
_DEVKITC = BoardShape(
    "devkitc",
    stands=5.0,
    rests=((6.5, 3.0), (18.9, 3.0), (6.5, 58.0), (18.9, 58.0)),
    screws=False,
    opening=(25.0, 8.0),
    socket_at=2.9,
    stops=tuple(
        (x, MEASURES["devkitc"].long + STOP_GAP + STOP / 2)
        for x in (1.7, MEASURES["devkitc"].wide - 1.7)
    ),
    far="antenna",
    thick=1.6,
)
SHAPES = {"pico": _PICO, "pico2": _PICO, "esp32_s3": _DEVKITC}


class Box(NamedTuple):
    """A cuboid: its lowest corner and its size."""

    x: float
    y: float
    z: float
    wide: float
    long: float
    high: float

    @property
    def middle(self) -> tuple[float, float]:
        """Give x and y of its middle."""
        return self.x + self.wide / 2, self.y + self.long / 2

    def overlaps(self, other: "Box") -> bool:
        """Whether the two have more than a face in common."""
        return all(
            self[axis] < other[axis] + other[axis + 3] and other[axis] < self[axis] + self[axis + 3]
            for axis in range(3)
        )


@dataclass(frozen=True)
class Layout:
    """The board, the inside's size, the parts in it, and what goes through the case: keys by their
    middle, dots beside keys, windows by the part that is seen, holes of the loudspeaker, the
    jack."""

    board: BoardShape
    wide: float
    long: float
    high: float
    parts: dict[str, Box]
    keys: dict[str, tuple[float, float]]
    dots: tuple[tuple[float, float], ...] = ()
    window: str = "oled"
    speaker_holes: tuple[tuple[float, float], ...] = ()
    posts: tuple[Box, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the posts into the corners."""
        posts = tuple(
            Box(x, y, 0.0, POST, POST, self.high)
            for x in (0.0, self.wide - POST)
            for y in (0.0, self.long - POST)
        )
        object.__setattr__(self, "posts", posts)


def _lying(part: str, x: float, y: float, z: float = 0.0) -> Box:
    return Box(x, y, z, *MEASURES[part][:3])


def _turned(part: str, x: float, y: float) -> Box:
    """Give a part that lies a quarter turn about."""
    measure = MEASURES[part]
    return Box(x, y, 0.0, measure.long, measure.wide, measure.high)


def _board(shape: BoardShape, x: float) -> dict[str, Box]:
    """Give the board, its sockets at the near wall, with what stands out of it."""
    near = 1.5  # the sockets stand out so far
    parts = {"board": _lying(shape.measure, x, near, shape.stands)}
    if shape.far is not None:
        board, far = MEASURES[shape.measure], MEASURES[shape.far]
        at = x + (board.wide - far.wide) / 2
        parts[shape.far] = _lying(shape.far, at, near + board.long, shape.stands + shape.thick)
    return parts


def _hanging(part: str, x: float, y: float, high: float) -> Box:
    """Give a part that hangs from the lid, by its middle."""
    measure = MEASURES[part]
    low = high - measure.high
    return Box(x - measure.wide / 2, y - measure.long / 2, low, *measure[:3])


_FOB_HIGH = 24.0
_FOB_LID = {
    "oled": _hanging("oled", 32.0, 69.0, _FOB_HIGH),
    "key": _hanging("key", 32.0, 26.0, _FOB_HIGH),
}


def _fob(board: BoardShape, long: float, parts: dict[str, Box]) -> Layout:
    parts = {**parts, **_FOB_LID}
    return Layout(board, 64.0, long, _FOB_HIGH, parts, {"button": (32.0, 26.0)})


_FOB = _fob(
    _PICO,
    94.0,
    {
        **_board(_PICO, 10.0),
        "cell": _lying("cell", 33.0, 8.0),
        "clock": _lying("clock", 23.0, 54.0),
        "latch": _lying("latch", 2.0, 54.0),
        "motor": _lying("motor", 40.0, 78.0),
    },
)
_LONG_FOB = _fob(
    _DEVKITC,
    110.0,
    {
        **_board(_DEVKITC, 8.0),
        "cell": _lying("cell", 34.5, 8.0),
        "clock": _turned("clock", 35.0, 45.0),
        "latch": _lying("latch", 8.0, 73.0),
        "motor": _lying("motor", 40.0, 86.0),
    },
)

_SPEAKING_HIGH = 28.0
_MIDDLE, _FIRST_ROW, _RED_ROW = 40.0, 38.0, 18.0
_RED = (_MIDDLE + PITCH, _RED_ROW)


def _speaking(board: BoardShape, cell_y: float, clock_y: float) -> Layout:
    """Give the layout with cell and clock behind the board."""
    return Layout(
        board,
        80.0,
        168.0,
        _SPEAKING_HIGH,
        {
            **_board(board, 10.0),
            "headphones": _lying("headphones", 36.0, 8.0),
            "cell": _lying("cell", 3.0, cell_y),
            "amplifier": _lying("amplifier", 58.0, 62.0),
            "clock": _lying("clock", 3.0, clock_y),
            "latch": _lying("latch", 44.0, 102.0),
            "motor": _lying("motor", 62.0, 84.0),
            "jack": _lying("jack", 65.0, 138.0, 4.0),
            "memory lcd": _hanging("memory lcd", _MIDDLE, 130.0, _SPEAKING_HIGH),
            "keys": _hanging("keys", _MIDDLE, _FIRST_ROW + 1.5 * PITCH, _SPEAKING_HIGH),
            "red key": _hanging("key", *_RED, _SPEAKING_HIGH),
            "speaker": _hanging("speaker", 25.0, _RED_ROW, _SPEAKING_HIGH),
        },
        {
            **{
                name: (_MIDDLE + (column - 1) * PITCH, _FIRST_ROW + (3 - row) * PITCH)
                for row, names in enumerate(("123", "456", "789", "*0#"))
                for column, name in enumerate(names)
            },
            "red": _RED,
        },
        dots=((_RED[0] + CAP / 2 + 4.5, _RED_ROW),),
        window="memory lcd",
        speaker_holes=tuple(
            (25.0 + 4.0 * column, _RED_ROW + 4.0 * row)
            for row in range(-1, 2)
            for column in range(-2, 3)
        ),
    )


_OF_SHAPE = {
    "kodeviser": {"pico": _FOB, "devkitc": _LONG_FOB},
    "kodeoplaeser": {
        "pico": _speaking(_PICO, 56.0, 102.0),
        "devkitc": _speaking(_DEVKITC, 72.0, 109.0),
    },
}
# By product and board; boards of one shape share one.
LAYOUTS = {
    (product, board): layouts[shape.measure]
    for product, layouts in _OF_SHAPE.items()
    for board, shape in SHAPES.items()
}


def distinct() -> list[tuple[str, str]]:
    """List a product and a board for each layout there is."""
    return list({id(layout): key for key, layout in reversed(LAYOUTS.items())}.values())[::-1]


def fingerprint(layout: Layout) -> str:
    """Give what a case's picture is of: SHA-256 of its layout and of all sizes, in hexadecimal."""
    sizes = {name: value for name, value in globals().items() if name.isupper()}
    del sizes["LAYOUTS"]
    return sha256(repr((sorted(sizes.items()), layout)).encode()).hexdigest()

"""The drift of one token's clock as points in a drawing: what the template makes an SVG of, with
its table below."""

from dataclasses import dataclass
from datetime import UTC, datetime

from host_tools.validator.records import DriftPoint

WIDTH, HEIGHT = 720, 280  # units of the drawing
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 36  # margins, same units
_DAY = 86400  # seconds
MAX_ROWS = 200  # of the table, the newest


@dataclass(frozen=True)
class Mark:
    """A label of an axis and where it stands."""

    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """All that is drawn. `codes` are one dot per accepted code, `believed` a line's points as SVG
    writes them."""

    codes: tuple[tuple[float, float], ...]
    believed: str
    seconds: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    zero: float
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def draw(points: list[DriftPoint]) -> Plot | None:
    """Place the points; None when there is nothing to draw yet."""
    if not points:
        return None
    begin, end = points[0].at, max(points[-1].at, points[0].at + _DAY)
    values = [value for point in points for value in (point.observed, point.believed)]
    step = _step(max(max(values) - min(values), 1.0))
    low, high = step * (min([*values, 0.0]) // step), -step * (-max([*values, 0.0]) // step)
    if low == high:
        high = low + step

    def x(at: float) -> float:
        return round(_LEFT + (at - begin) / (end - begin) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    lines = round((high - low) / step)
    return Plot(
        codes=tuple((x(point.at), y(point.observed)) for point in points),
        believed=" ".join(f"{x(point.at)},{y(point.believed)}" for point in points),
        seconds=tuple(
            Mark(y(low + line * step), f"{low + line * step:g}") for line in range(lines + 1)
        ),
        dates=tuple(Mark(x(at), _date(at)) for at in (begin, (begin + end) / 2, end)),
        zero=y(0.0),
    )


def _step(span: float) -> float:
    """Give the distance of lines, 1, 2 or 5 times a power of ten, that divides `span` into at most
    six."""
    power = 0.1
    while True:
        for factor in (1, 2, 5):
            if span / (factor * power) <= 6:  # noqa: PLR2004 - lines that stay apart at this height
                return factor * power
        power *= 10


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")

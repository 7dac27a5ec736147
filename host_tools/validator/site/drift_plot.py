"""The drift of one token's clock as an SVG: a dot for each accepted code, a line for the server's
estimate."""

from datetime import tzinfo

from markupsafe import Markup

from host_tools.svg_plot import Axis, Curve, Labels, draw, even_marks, round_marks
from host_tools.validator.formatting import local_day, number
from host_tools.validator.records import DriftPoint

MAX_ROWS = 200  # of the table beside the plot, the newest
_SIZE = 720, 280  # units
_DAY = 86400  # seconds


def draw_drift(points: list[DriftPoint], labels: Labels, language: str, zone: tzinfo) -> Markup:
    """Draw the points (at least one), oldest first, as SVG; dates and numbers are in `language`."""
    times = Axis(
        even_marks(points[0].at, max(points[-1].at, points[0].at + _DAY), 2),
        lambda at: local_day(at, language, zone),
    )
    values = [value for point in points for value in (point.observed, point.believed)]
    seconds = Axis(round_marks(values), lambda value: number(round(value, 1), language))
    curves = (
        Curve("", tuple((point.at, point.observed) for point in points), dots=True),
        Curve("", tuple((point.at, point.believed) for point in points)),
    )
    return Markup(draw(labels, times, seconds, curves, _SIZE))  # noqa: S704 - it escapes all texts

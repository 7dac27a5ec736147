"""The information pages: serial number, clock, battery, version. A press steps on."""

from firmware.serial_number import serial_number
from firmware.ui.code_source import trusted_time
from firmware.ui.fob.message import draw_page
from firmware.ui.screen import Screen
from firmware.version import VERSION

if False:
    from firmware.interfaces import App, Canvas, Ticks  # type: ignore[unreachable]

_FOUR_HUNDRED_YEARS = 146097  # days


def date(unix: int) -> str:
    """Return the calendar date and time of day (UTC), for every year that the clock chip counts."""
    days = unix // 86400 + 719468  # from 0000-03-01, so that the leap day ends a year
    era = days // _FOUR_HUNDRED_YEARS
    days %= _FOUR_HUNDRED_YEARS
    year = (days - days // 1460 + days // 36524 - days // 146096) // 365
    days -= 365 * year + year // 4 - year // 100
    month = (5 * days + 2) // 153
    day = days - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    year += era * 400 + (month <= 2)
    return f"{year}-{month:02}-{day:02} {unix // 3600 % 24:02}:{unix // 60 % 60:02}"


class Info(Screen):
    """One of the pages."""

    def __init__(self, app: "App", number: int = 0):
        """Read what the page of that number shows."""
        self._app = app
        self._number = number
        self._title, self._lines = _PAGES[number](app)

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw the whole screen."""
        draw_page(canvas, self._app, self._title, self._lines)

    def pressed(self, now: "Ticks") -> Screen | None:
        """Return the next page, None after the last."""
        return Info(self._app, self._number + 1) if self._number + 1 < len(_PAGES) else None


def _decimal(app: "App", value: int, places: int) -> str:
    """Format a number of hundredths with 1 or 2 decimal places, truncated."""
    sign = "-" if value < 0 else ""
    fraction = f"{abs(value) % 100:02}"[:places]
    return sign + str(abs(value) // 100) + app.texts["decimal"] + fraction


def _serial(app: "App") -> tuple:
    number = serial_number(app.hardware.unique_id)
    return app.texts["serial"], [" ".join((number[:4], number[4:8], number[8:]))]


def _clock(app: "App") -> tuple:
    texts = app.texts
    try:
        now = trusted_time(app)
        if now is None:
            return texts["clock"], [texts["clock_lost"][0]]
        celsius = _decimal(app, app.clock.temperature(), 1) + " °C"
    except OSError:
        return texts["clock"], [texts["clock_absent"][0]]
    return texts["clock"], [texts["clock_ok"], date(now) + " UTC", celsius]


def _battery(app: "App") -> tuple:
    texts = app.texts
    if app.hardware.battery is None:
        return texts["battery"], [texts["no_battery"]]
    state = "charging" if app.charging() else "battery_low" if app.battery_low() else "battery_ok"
    return texts["battery"], [
        texts[state],
        _decimal(app, app.hardware.battery.millivolts() // 10, 2) + " V",
    ]


def _version(app: "App") -> tuple:
    build = app.texts["development" if app.development else "production"]
    return app.texts["version"], [app.product["title"] + " " + VERSION, app.board["title"], build]


_PAGES = (_serial, _clock, _battery, _version)

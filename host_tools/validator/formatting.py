"""Times and numbers as people read them: local time with its zone, and the marks of the language.

Formats come from the Unicode CLDR, by Babel. Languages are "da" and "en" (British English).
"""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from babel import dates, numbers

DEFAULT_ZONE = ZoneInfo("Europe/Copenhagen")
_LOCALES = {"da": "da_DK", "en": "en_GB"}
_TIMES = {"da": "dd.MM.y HH.mm z", "en": "y-MM-dd HH:mm z"}
_DAYS = {"da": "dd.MM.y", "en": "y-MM-dd"}


def local_time(at: float, language: str, zone: tzinfo = DEFAULT_ZONE) -> str:
    """Write Unix seconds to the minute: 14.02.2027 09.00 CET."""
    moment = datetime.fromtimestamp(at, UTC)
    return dates.format_datetime(moment, _TIMES[language], zone, _LOCALES[language])


def local_day(at: float, language: str, zone: tzinfo = DEFAULT_ZONE) -> str:
    """Write the day of Unix seconds in digits: 14.02.2027."""
    return dates.format_date(local_date(at, zone), _DAYS[language], _LOCALES[language])


def local_date(at: float, zone: tzinfo = DEFAULT_ZONE) -> date:
    """Give the day of Unix seconds in `zone`."""
    return datetime.fromtimestamp(at, zone).date()


def long_date(day: date, language: str) -> str:
    """Write a day with the month's name: 16. marts 2030."""
    return dates.format_date(day, "long", _LOCALES[language])


def number(value: float, language: str, decimals: int | None = None) -> str:
    """Write a number with decimal and thousands marks: 1.234,5; `decimals` None drops zeros."""
    pattern = (
        "#,##0.######" if decimals is None else "#,##0" + ("." + "0" * decimals) * (decimals > 0)
    )
    return numbers.format_decimal(value, pattern, _LOCALES[language])


def signed(value: float, language: str, decimals: int) -> str:
    """Write a number as number() does, with its sign; zero has none."""
    written = number(abs(value), language, decimals)
    if round(value, decimals) == 0:
        return written
    return ("+" if value > 0 else "\N{MINUS SIGN}") + written

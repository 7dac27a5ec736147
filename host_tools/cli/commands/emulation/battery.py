"""kodebrik battery: how long a token's cell lasts, by one press of an emulated token."""

import re
from typing import Annotated, Any

import typer

from host_tools.cli import table
from host_tools.cli.commands.emulation.image import Board, Product
from host_tools.cli.output import Json, emit, step, warn
from host_tools.desktop.press_charge import estimate, measure
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

_DAYS = {"day": 1, "week": 7, "month": 365.25 / 12}
_MOST = 10_000  # presses a day: one each 8.6 s, while each keeps the token on for half a minute


def battery(
    product: Product = "kodeviser",
    board: Board = "pico",
    presses: Annotated[
        str,
        typer.Option(metavar="N/PERIOD", help="How often it is pressed: 4/day, 3/week, 1/month."),
    ] = "4/day",
    as_json: Json = False,
) -> None:
    """Estimate how long the cell lasts, by emulated presses and the data sheets' currents.

    Each press is left alone until the token turns itself off.
    """
    a_day = _a_day(presses)
    press = measure(product, board, step, warn)
    result = {"product": product, "board": board, "presses_a_day": round(a_day, 4)}
    result |= estimate(press, a_day)
    emit(as_json, result, _lines(result, a_day))


def _a_day(presses: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(day|week|month)", presses)
    a_day = float(found[1]) / _DAYS[found[2]] if found else 0.0
    if not 0 < a_day <= _MOST:
        raise KodebrikError("battery-presses", ExitCode.USAGE, presses=presses, most=_MOST)
    return a_day


def often(a_day: float) -> Message:
    """Say in words how often there is a press, by the shortest time that has one."""
    if a_day >= 1:
        count = _whole(a_day)
        if count is None:
            return Message("battery.presses-day-part", number=a_day)
        return Message("battery.presses-day", count=count)
    weekly = a_day * _DAYS["week"]
    if weekly >= 1:
        count = _whole(weekly)
        if count is None:
            return Message("battery.presses-week-part", number=weekly)
        return Message("battery.presses-week", count=count)
    monthly = a_day * _DAYS["month"]
    count = _whole(monthly)
    if count is None:
        return Message("battery.presses-month-part", number=monthly)
    return Message("battery.presses-month", count=count)


def _whole(number: float) -> int | None:
    return round(number) if abs(number - round(number)) < 1e-6 else None  # noqa: PLR2004 - rounding


def _lines(result: dict[str, Any], a_day: float) -> list[str]:
    head = {
        "part": Message("battery.head-part"),
        "press": Message("battery.head-press"),
        "day": Message("battery.head-day"),
        "share": Message("battery.head-share"),
    }
    parts = {
        "mcu": Message("battery.part-mcu"),
        "display": Message("battery.part-display"),
        "clock": Message("battery.part-clock"),
        "board": Message("battery.part-board"),
        "bus": Message("battery.part-bus"),
        "amplifier": Message("battery.part-amplifier"),
        "headphones": Message("battery.part-headphones"),
        "latch": Message("battery.part-latch"),
        "cell": Message("battery.part-cell"),
    }
    rows = [
        {
            "part": parts[row["part"]],
            "press": Message("battery.charge", mah=row["press_mah"]),
            "day": Message("battery.charge", mah=row["day_mah"]),
            "share": Message("battery.share", share=row["share"]),
        }
        for row in result["parts"]
    ]
    return [
        Message(
            "battery.life",
            product=result["product"],
            board=result["board"],
            presses=often(a_day),
            years=result["years"],
            capacity=result["capacity_mah"],
        ),
        Message("battery.press", seconds=result["on_s_a_press"], mah=result["press_mah"]),
        *table.lines(head, rows),
        Message(
            "battery.backup",
            years=result["backup_cell"]["years"],
            least=result["backup_cell"]["years_at_least"],
        ),
        Message("battery.sources"),
    ]

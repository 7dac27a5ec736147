"""What one press takes of an emulated token's cell: a token with one account, off, is pressed and
left alone until it has turned itself off; the mean of three moments in a code's period."""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware.protocol import messages
from host_tools.desktop.token_folder import TokenFolder, emulated
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link.session import open_session
from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

if TYPE_CHECKING:
    from emulator.session import Emulator

START = 1_893_456_000  # the tokens' time, Unix seconds: the same codes, and figures, every time
_KEY = Secret(bytes(messages.ACCESS_KEY_SIZE))  # of a token that lives for three presses
_SECRET = Secret(b"12345678901234567890")
_MOMENTS = (5, 15, 25)  # seconds into a period
_MAS_A_MAH = 3600  # milliampere-seconds in a milliampere-hour
_DAY = 86_400  # seconds
_LONGEST = 3600.0  # seconds that a token stays on at most


@dataclass(frozen=True)
class Press:
    """Charge by part in milliampere-seconds at the cell, and for how many seconds it was on."""

    charge: dict[str, float]
    on_s: float


def measure(
    product: str,
    board: str,
    say: Callable[[str], AbstractContextManager[None]],
    warn: Callable[[str], None],
) -> Press:
    """Make a token in a folder that goes again, and press it. `say` and `warn`: emulated()."""
    with tempfile.TemporaryDirectory() as folder:
        place = TokenFolder(Path(folder) / "token", product, board)
        with (
            emulated(place, say, warn, seed=0, now=START) as emulator,
            say(Message("battery.measuring")),
        ):
            return press(emulator)


def press(emulator: "Emulator") -> Press:
    """Give a token its account, press it three times and measure until it is off."""
    from emulator.charge import ChargeMeter  # noqa: PLC0415 - an extra

    emulator.plug()
    session = open_session(emulator.port, None, lambda number: True)
    session.set_key(messages.KEY_ISSUER, _KEY)
    session.set_clock(int(emulator.now))
    credential = Credential("Bank", _SECRET)
    period = credential.period or messages.PERIODS[0]
    session.put_credential(credential)
    emulator.unplug()
    charge: defaultdict[str, float] = defaultdict(float)
    on_s = 0.0
    for moment in _MOMENTS:
        _await_off(emulator)
        emulator.advance((moment - emulator.now) % period)
        meter = ChargeMeter(emulator.board, emulator.mcu)
        emulator.press()
        _await_off(emulator)
        for part, taken in meter.read().items():
            charge[part] += taken / len(_MOMENTS)
        on_s += meter.on_s / len(_MOMENTS)
    return Press(dict(charge), on_s)


def _await_off(emulator: "Emulator") -> None:
    if not emulator.run_until(lambda: not emulator.powered, _LONGEST):
        raise KodebrikError("battery-still-on", ExitCode.CHECK_FAILED, seconds=_LONGEST)


def estimate(press: Press, a_day: float) -> dict[str, Any]:
    """Give the years that a cell lasts with so many presses a day, and each part's share of it:
    the JSON of `kodebrik battery`."""
    from emulator import charge, datasheet  # noqa: PLC0415 - an extra

    daily = {part: taken * a_day for part, taken in press.charge.items()}
    for part, current in charge.STANDING.items():
        daily[part] = daily.get(part, 0.0) + current * _DAY
    total = sum(daily.values())
    return {
        "years": round(charge.life(press.charge, a_day), 3),
        "capacity_mah": datasheet.CELL_CAPACITY,
        "on_s_a_press": round(press.on_s, 2),
        "press_mah": round(sum(press.charge.values()) / _MAS_A_MAH, 4),
        "parts": [
            {
                "part": part,
                "press_mah": round(press.charge.get(part, 0.0) / _MAS_A_MAH, 5),
                "day_mah": round(taken / _MAS_A_MAH, 5),
                "share": round(taken / total, 4),
            }
            for part, taken in sorted(daily.items(), key=lambda item: -item[1])
        ],
        "backup_cell": {
            "years": round(charge.backup_life(datasheet.CLOCK_ON_BACKUP_UA), 2),
            "years_at_least": round(charge.backup_life(datasheet.CLOCK_ON_BACKUP_MOST_UA), 2),
        },
    }

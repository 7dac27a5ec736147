"""What the clocks on our boards can be off by, ppm in either direction, in a token that somebody
carries.

DS3231 (data sheet 19-5170, rev 10, "Electrical Characteristics"): 2 ppm from 0 to 40 degrees C, 3.5
ppm from -40 to 85; aging 1 ppm in the first year, 5 ppm in ten. The first year in any weather makes
4.5 ppm; indoors, 5 ppm leave 3 for aging, which slows with the logarithm of time and is no more
after the life of a cell.
"""

from importlib import import_module

CLOCK_PPM = {"ds3231": 5.0}


def clock_ppm(board: str, product: str) -> float | None:
    """Give what the clock of a product on a board of ours can be off by; None when either is not
    known here."""
    if not board.isidentifier():
        return None
    try:
        parts = import_module(f"firmware.boards.{board}").BOARD["products"][product]
    except (ModuleNotFoundError, KeyError):
        return None
    return CLOCK_PPM.get(parts["clock"]["chip"])

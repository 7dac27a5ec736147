"""Accuracy of the clock chips on our boards: the largest drift of a carried token, in ppm, in
either direction.

DS3231 (data sheet 19-5170, rev 10, "Electrical Characteristics"): 2 ppm from 0 to 40 degrees C, 3.5
ppm from -40 to 85; aging 1 ppm in the first year, 5 ppm in ten. The first year at any temperature
gives 4.5 ppm; indoors, 5 ppm leave 3 ppm for aging, which slows with the logarithm of time and
stays below that over the life of a battery cell.
"""

from importlib import import_module

CLOCK_PPM = {"ds3231": 5.0}


def clock_ppm(board: str, product: str) -> float | None:
    """Give the accuracy (ppm) of the clock that `product` has on `board`; None for a product
    without a clock, and for an unknown board, product or chip."""
    if not board.isidentifier():
        return None
    try:
        clock = import_module(f"firmware.boards.{board}").BOARD["products"][product]["clock"]
    except (ModuleNotFoundError, KeyError):
        return None
    return CLOCK_PPM.get(clock["chip"])

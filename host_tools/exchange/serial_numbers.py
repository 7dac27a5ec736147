"""Serial numbers of a file together: what a spreadsheet program did to some of them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from host_tools.exchange.key_package import bad

_ADDED = re.compile(r"[0-9]+[.,]0+|[0-9]{1,3}(?:[.,][0-9]{3})+")
_LEAST = 5  # digits; shorter numbers may well be counted from 1


def refuse_lost_zeros(serials: Sequence[tuple[str, str]]) -> None:
    """Raise KodebrikError for a serial number with decimals or grouping signs, or that is shorter
    than the others, in pairs of (serial, where).

    A spreadsheet takes serial numbers for numbers and drops the zeros before them: a shorter one
    belongs to another token than was meant, or to none. Numbers that are counted on, such as 99999
    and 100000, are whole.
    """
    for serial, where in serials:
        if _ADDED.fullmatch(serial):
            raise bad("serial-with-signs", where=where)
    numbers = [
        (serial, where) for serial, where in serials if serial.isascii() and serial.isdigit()
    ]
    most = max((len(serial) for serial, _ in numbers), default=0)
    shorter = [(serial, where) for serial, where in numbers if len(serial) < most]
    if not shorter or (most < _LEAST and not any(serial[0] == "0" for serial, _ in numbers)):
        return
    if not _counted_on([serial for serial, _ in numbers]):
        raise bad("serial-zeros-lost", where=shorter[0][1], digits=len(shorter[0][0]), most=most)


def _counted_on(serials: Sequence[str]) -> bool:
    """Say whether the numbers without zeros before them go on from one length to the next."""
    if any(serial[0] == "0" for serial in serials):
        return False
    numbers = sorted(map(int, serials))
    return all(
        after == before + 1
        for before, after in pairwise(numbers)
        if len(str(after)) > len(str(before))
    )

"""Serial numbers of a file together: what a spreadsheet program did to some of them."""

import re
from itertools import pairwise
from typing import NamedTuple

from host_tools.exchange.key_package import bad

_ADDED = re.compile(r"[0-9]+[.,]0+|[0-9]{1,3}(?:[.,][0-9]{3})+")
_LEAST = 5  # digits; shorter numbers may well be counted from 1


class _Range(NamedTuple):
    """The numbers of one length: where the first of the file stands, the least, the greatest."""

    where: str
    least: int
    greatest: int


class LostZeros:
    """Finds serial numbers of which a spreadsheet took the zeros before them.

    It takes serial numbers for numbers: a shorter one belongs to another token than was meant, or
    to none. Numbers that are counted on, such as 99999 and 100000, are whole.
    """

    def __init__(self) -> None:
        """Begin without serial numbers."""
        self._by_length: dict[int, _Range] = {}
        self._begins_with_zero = False

    def add(self, serial: str, where: str) -> None:
        """Note the next serial number of the file; KodebrikError for one with decimals or grouping
        signs."""
        if _ADDED.fullmatch(serial):
            raise bad("serial-with-signs", where=where)
        if not (serial.isascii() and serial.isdigit()):
            return
        self._begins_with_zero |= serial[0] == "0"
        number = int(serial)
        known = self._by_length.get(len(serial), _Range(where, number, number))
        self._by_length[len(serial)] = _Range(
            known.where, min(known.least, number), max(known.greatest, number)
        )

    def refuse(self) -> None:
        """Raise KodebrikError for the first serial number that is shorter than others, at the end
        of the file."""
        lengths = sorted(self._by_length)
        if len(lengths) <= 1 or (lengths[-1] < _LEAST and not self._begins_with_zero):
            return
        if not self._counted_on(lengths):
            shorter = next(length for length in self._by_length if length < lengths[-1])
            where = self._by_length[shorter].where
            raise bad("serial-zeros-lost", where=where, digits=shorter, most=lengths[-1])

    def _counted_on(self, lengths: list[int]) -> bool:
        """Say whether the numbers without zeros before them go on from one length to the next."""
        ranges = [self._by_length[length] for length in lengths]
        return not self._begins_with_zero and all(
            after.least == before.greatest + 1 for before, after in pairwise(ranges)
        )

"""The letter that goes with a token, in braille: a BRF file for embossers and braille displays.

Liblouis translates, as the program lou_translate of its distribution (Debian: liblouis-bin): its
bindings on PyPI are not kept up. The braille is uncontracted, which all who read braille read:
Danish of 2022 with six dots, Unified English. BRF is ASCII braille (the North American table, one
character a cell) in lines and pages, with CR LF and form feeds.
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import handout
from host_tools.factory.handout import Handout

CELLS, LINES = 30, 25  # of a page: what fits both A4 and 11 by 11.5 inches
_PROGRAM = "lou_translate"
_DISPLAY = "en-us-brf.dis"
_TABLES = {"da": "da-dk-g16.ctb", "en": "en-ueb-g1.ctb"}
_HANGING = 2  # cells by which a paragraph's further lines are set in
_UNBROKEN = "\N{NO-BREAK SPACE}"  # no character of the tables
_TIMEOUT = 60.0  # seconds; it takes a tenth of one


def write(letter: Handout, path: Path) -> None:
    """Write the letter as BRF. KodebrikError when liblouis is not installed, or fails."""
    paragraphs = list(handout.paragraphs(letter))
    cells = _translated([text for _, text in paragraphs], letter.language)
    headed = zip((heading for heading, _ in paragraphs), cells, strict=True)
    path.write_bytes(in_pages(headed))


def in_pages(paragraphs: Iterable[tuple[bool, str]]) -> bytes:
    """Give BRF of paragraphs of ASCII braille, each with whether it is a heading: that has a blank
    line before it, and is not the last line of a page."""
    pages: list[list[str]] = [[]]
    for is_heading, cells in paragraphs:
        lines = list(in_lines(cells))
        needed = len(lines) + is_heading
        if is_heading and pages[-1] and len(pages[-1]) + 1 + needed > LINES:
            pages.append([])
        if is_heading and pages[-1]:
            pages[-1].append("")
        for line in lines:
            if len(pages[-1]) == LINES:
                pages.append([])
            pages[-1].append(line)
    return "\f".join("".join(line + "\r\n" for line in page) for page in pages).encode("ascii")


def in_lines(cells: str) -> Iterator[str]:
    """Give a paragraph in lines of CELLS at most, broken at blanks; a word that is longer goes on
    in the next line."""
    line = ""
    for word in cells.split(" "):
        if line.strip() and len(line) + 1 + len(word) > CELLS:
            yield line
            line = " " * _HANGING
        line = f"{line} {word}" if line.strip() else line + word
        while len(line) > CELLS:
            yield line[:CELLS]
            line = " " * _HANGING + line[CELLS:]
    yield line


def _translated(paragraphs: list[str], language: str) -> list[str]:
    """Give paragraphs of text as ASCII braille."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise KodebrikError("braille-missing", ExitCode.NOT_INSTALLED, program=_PROGRAM)
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [program, "--forward", f"{_DISPLAY},{_TABLES[language]}"],
            input="".join(f"{text}\n" for text in paragraphs).replace(_UNBROKEN, " ").encode(),
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
        cells = done.stdout.decode("ascii").splitlines()
        if len(cells) != len(paragraphs):
            raise ValueError
    except (OSError, ValueError, subprocess.SubprocessError):
        raise KodebrikError("braille-failed", ExitCode.NOT_INSTALLED, program=_PROGRAM) from None
    return cells

"""Growth with the number of tokens: `python -m tests.bench.growth --sqlite N --postgresql N`
measures databases of 1,000 tokens and of ten times as many up to those numbers, and writes the
table and the picture of docs/validator.md. With a million on both it takes an hour; with `--least`
smaller ones are left out. The figures are kept in docs/growth.json, so that what is not measured
again stays.
"""

import argparse
import json
import math
import os
import platform
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from host_tools.svg_plot import Axis, Curve, Labels, draw
from tests.bench import large_database
from tests.bench.large_database import LargeDatabase, Place
from tests.support import postgres

_DOCS = Path(__file__).parents[2] / "docs"
_PAGE, _PICTURE = _DOCS / "validator.md", _DOCS / "images" / "growth.svg"
_FIGURES = _DOCS / "growth.json"
_BEGIN, _END = "<!-- measured: growth -->\n", "<!-- end measured -->"
_LEAST = 1_000
_MEGABYTE = 10**6
_LINES = {
    "check": "a check",
    "lists": "slowest list",
    "searches": "slowest search",
    "audit": "the audit's page",
    "metrics": "metrics",
}


@dataclass(frozen=True)
class Grown:
    """What a database of so many tokens takes: milliseconds (`check_of_few` is a check's in one of
    1,000 tokens, in turn with it), the megabytes on the disk, and the seconds of a whole
    verification; when it was measured, and how many processes were ready to run on each processor,
    of which the own one makes 0.5 to 1."""

    kind: str
    size: int
    check: float
    check_of_few: float | None
    lists: float
    searches: float
    audit: float
    metrics: float
    megabytes: float
    verify: float
    measured: str
    ready: float


def measure(kind: str, place: Place, size: int) -> Grown:
    """Fill a database and measure it."""
    with ExitStack() as stack:
        few = stack.enter_context(large_database.opened(place, _LEAST))
        many = stack.enter_context(large_database.opened(place, size))
        found = large_database.compare(few, many)
        began = time.perf_counter()
        if many.validator.verify_audit().broken:
            raise RuntimeError("the database does not verify")
        took = time.perf_counter() - began
        pages = [found.pages[name][0] for name in large_database.PAGES]
        checks = found.check_of_many, found.check_of_few
        today, ready = f"{datetime.now(UTC):%Y-%m-%d}", os.getloadavg()[1] / (os.cpu_count() or 1)
        return Grown(kind, size, *checks, *pages, _megabytes(many), took, today, ready)


def _megabytes(database: LargeDatabase) -> float:
    url = database.url
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size / _MEGABYTE
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return float(size[0]) / _MEGABYTE if size else math.nan


def table(grown: list[Grown]) -> str:
    """Write the figures as a Markdown table."""
    heads = [
        "database",
        "tokens",
        *(f"{name}, ms" for name in _LINES.values()),
        "a check with 1,000 in turn, ms",
        "disk, MB",
        "verify, s",
        "measured",
        "processes ready on each processor",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for one in grown:
        times = " | ".join(f"{getattr(one, name):.1f}" for name in _LINES)
        few = "" if one.check_of_few is None else f"{one.check_of_few:.1f}"
        rest = f"{one.megabytes:,.0f} | {one.verify:.1f} | {one.measured} | {one.ready:.1f}"
        lines.append(f"| {one.kind} | {one.size:,} | {times} | {few} | {rest} |")
    return "\n".join(lines) + "\n"


def picture(grown: list[Grown]) -> str:
    """Draw the milliseconds of the first database over the number of tokens, both by powers of
    ten."""
    kind = grown[0].kind
    chosen = [one for one in grown if one.kind == kind]
    curves = [
        Curve(
            title,
            tuple((math.log10(one.size), math.log10(getattr(one, name))) for one in chosen),
        )
        for name, title in _LINES.items()
    ]
    tokens = tuple(math.log10(one.size) for one in chosen)
    labels = Labels(
        f"Growth of the validation server's database, {kind}",
        "Milliseconds of a check, of lists, searches, audit page and metrics over the number of "
        "tokens, both by powers of ten. The table beside it has the figures.",
        "growth",
    )
    return draw(
        labels,
        Axis(tokens, lambda power: f"{10**power:,.0f}", "tokens"),
        Axis((-1.0, 0.0, 1.0, 2.0, 3.0), lambda power: f"{10**power:,g}", "ms"),
        curves,
        (760, 360),
    )


def main() -> None:
    """Measure, print each figure, and write the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", type=int, default=0, metavar="TOKENS")
    parser.add_argument("--postgresql", type=int, default=0, metavar="TOKENS")
    parser.add_argument("--least", type=int, default=_LEAST, metavar="TOKENS")
    options = parser.parse_args()
    grown = []
    with ExitStack() as stack:
        places = [("SQLite", large_database.on_sqlite, options.sqlite)]
        if options.postgresql:
            server = stack.enter_context(postgres.running())
            place = partial(postgres.database, server)
            places.append(("PostgreSQL", place, options.postgresql))
        for kind, place, most in places:
            size = options.least
            while size <= most:
                grown.append(measure(kind, place, size))
                print(json.dumps(asdict(grown[-1])), flush=True)
                size *= 10
    write(grown)


def write(measured: list[Grown]) -> None:
    """Write the page and the picture, of what was measured now and, for the rest, earlier."""
    known = {(one["kind"], one["size"]): Grown(**one) for one in json.loads(_FIGURES.read_text())}
    known |= {(one.kind, one.size): one for one in measured}
    grown = sorted(known.values(), key=lambda one: (one.kind != "SQLite", one.size))
    figures = json.dumps([asdict(one) for one in grown], indent=1)
    _FIGURES.write_text(figures + "\n")
    machine = (
        f"Measured by `python -m tests.bench.growth`, {platform.machine()}, {os.cpu_count()} "
        "processors. Of the processes that are ready to run the own one makes 0.5 to 1; with more, "
        "times are longer, and only those of one line can be compared.\n"
    )
    before, _, rest = _PAGE.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    drawn = "![Growth with the number of tokens](images/growth.svg)\n"
    body = "\n".join(["", drawn, table(grown), machine])
    _PAGE.write_text(before + _BEGIN + body + _END + after)
    _PICTURE.write_text(picture(grown))


if __name__ == "__main__":
    main()

"""Growth with the number of tokens: `python -m tests.bench.growth --most N --postgresql N` measures
databases of 1,000 tokens and of ten times as many up to those numbers, and writes the table and the
picture of docs/validator.md. With a million on both it takes an hour.
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
    """What a database of so many tokens takes: milliseconds, the megabytes on the disk, and the
    seconds of a whole verification."""

    kind: str
    size: int
    check: float
    lists: float
    searches: float
    audit: float
    metrics: float
    megabytes: float
    verify: float


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
        return Grown(kind, size, found.check_of_many, *pages, _megabytes(many), took)


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
        "disk, MB",
        "verify, s",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for one in grown:
        times = " | ".join(f"{getattr(one, name):.1f}" for name in _LINES)
        lines.append(
            f"| {one.kind} | {one.size:,} | {times} | {one.megabytes:,.0f} | {one.verify:.1f} |"
        )
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
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--postgresql", type=int, default=0, metavar="TOKENS")
    options = parser.parse_args()
    grown = []
    with ExitStack() as stack:
        places = [("SQLite", large_database.on_sqlite, options.most)]
        if options.postgresql:
            server = stack.enter_context(postgres.running())
            place = partial(postgres.database, server)
            places.append(("PostgreSQL", place, options.postgresql))
        for kind, place, most in places:
            size = _LEAST
            while size <= most:
                grown.append(measure(kind, place, size))
                print(json.dumps(asdict(grown[-1])), flush=True)
                size *= 10
    write(grown)


def write(grown: list[Grown]) -> None:
    """Write the page and the picture."""
    load = os.getloadavg()[1] / (os.cpu_count() or 1)
    measured = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m tests.bench.growth`, "
        f"{platform.machine()}, {os.cpu_count()} processors, {load:.1f} processes ready to run on "
        "each (the own one makes it 0.5 to 1).\n"
    )
    before, _, rest = _PAGE.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    drawn = "![Growth with the number of tokens](images/growth.svg)\n"
    body = "\n".join(["", drawn, table(grown), measured])
    _PAGE.write_text(before + _BEGIN + body + _END + after)
    _PICTURE.write_text(picture(grown))


if __name__ == "__main__":
    main()

"""The listening chart of docs/voice.md: which voice is misheard how often, under which conditions.

`python -m tests.host_tools.voice.chart` writes table and pictures from listening.json, for which no
recogniser is needed; with `--measure` it first measures what that file does not have, which takes
Whisper (the extra `listen`).
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from host_tools.svg_plot import Axis, Curve, Labels, draw
from tests.host_tools.voice import listening
from tests.host_tools.voice.conditions import CONDITIONS
from tests.host_tools.voice.listening import CANDIDATES, SPEEDS, TEMPLATES, WHISPER, Cell

_DOCS = Path(__file__).parents[3] / "docs"
PAGE = _DOCS / "voice.md"
_BEGIN, _END = "<!-- measured: listening -->\n", "<!-- end measured -->\n"
_VARIANTS_BEGIN = "<!-- measured: variants -->\n"
_VARIANTS_END = "<!-- end measured: variants -->\n"
_COLUMNS = len(CONDITIONS) * len(SPEEDS)
_LANGUAGES = {"da": "Danish", "en": "English"}
_HEIGHT, _BESIDE, _COLUMN = 360, 270, 130  # units: of the picture, beside the plot, a column


def interval(wrong: int, digits: int) -> tuple[float, float]:
    """Give Wilson's interval of a share, with 95 % confidence."""
    z, share = 1.96, wrong / digits
    middle = share + z * z / (2 * digits)
    width = z * math.sqrt(share * (1 - share) / digits + z * z / (4 * digits * digits))
    scale = 1 + z * z / digits
    return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)


def columns(cells: Sequence[Cell], language: str) -> list[tuple[str, int]]:
    """List the conditions and speeds under which every candidate of a language was heard."""
    there = {(cell.voice, cell.condition, cell.speed) for cell in cells}
    return [
        (condition, speed)
        for condition in CONDITIONS
        for speed in sorted(SPEEDS)
        if all((voice, condition, speed) in there for voice in CANDIDATES[language])
    ]


def table(cells: Sequence[Cell]) -> str:
    """Write the figures as a Markdown table."""
    heads = ["condition, speed", "voice", "Whisper", "other voices", "templates", "other voices"]
    lines = [
        "| " + " | ".join([*heads, "Whisper's mistakes, of 200"]) + " |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for language in CANDIDATES:
        for condition, speed in columns(cells, language):
            for voice in CANDIDATES[language]:
                heard = {
                    cell.recogniser: cell
                    for cell in cells
                    if (cell.voice, cell.condition, cell.speed) == (voice, condition, speed)
                }
                shares = [
                    share
                    for name in (WHISPER, TEMPLATES)
                    for share in (
                        _share(heard[name].wrong, heard[name].digits),
                        f"{heard[name].others_wrong / heard[name].others_digits:.0%}",
                    )
                ]
                mistakes = list(heard[WHISPER].confusions.items())[:3]
                worst = ", ".join(f"{pair} {count}" for pair, count in mistakes)
                row = [f"{condition}, {speed}", f"`{voice}`", *shares, worst]
                lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def _share(wrong: int, digits: int) -> str:
    low, high = interval(wrong, digits)
    return f"{wrong / digits:.1%} ({low:.0%} to {high:.0%})"


def summary(cells: Sequence[Cell]) -> str:
    """Write how much of each voice is misheard on average of its language's columns, as a Markdown
    table."""
    lines = ["| voice | columns | Whisper | templates |", "|---|---:|---:|---:|"]
    for language, voices in CANDIDATES.items():
        heard = columns(cells, language)
        for voice in voices:
            shares = []
            for name in (WHISPER, TEMPLATES):
                there = [
                    cell.wrong / cell.digits
                    for cell in cells
                    if (cell.voice, cell.recogniser) == (voice, name)
                    and (cell.condition, cell.speed) in heard
                ]
                shares.append(f"{sum(there) / len(there):.1%}")
            lines.append(f"| `{voice}` | {len(heard)} of {_COLUMNS} | {shares[0]} | {shares[1]} |")
    return "\n".join(lines) + "\n"


def variant_table(cells: Sequence[Cell]) -> str:
    """Write how the variants of a voice were heard, as a Markdown table."""
    lines = [
        "| condition, speed | voice | Whisper | templates | Whisper's mistakes, of 200 |",
        "|---|---|---:|---:|---|",
    ]
    by_templates = {cell.place: cell for cell in cells if cell.recogniser == TEMPLATES}
    for cell in cells:
        if cell.recogniser == WHISPER:
            other = by_templates[cell.place]
            shares = _share(cell.wrong, cell.digits), _share(other.wrong, other.digits)
            worst = ", ".join(f"{pair} {n}" for pair, n in list(cell.confusions.items())[:3])
            row = [f"{cell.condition}, {cell.speed}", f"`{cell.voice}`", *shares, worst]
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def picture(cells: Sequence[Cell], language: str) -> str:
    """Draw how often Whisper misheard each voice of a language, and its own error."""
    shown = columns(cells, language)
    heard = {
        (cell.voice, cell.condition, cell.speed): cell
        for cell in cells
        if cell.recogniser == WHISPER
    }
    curves = [
        Curve(
            voice,
            tuple(
                (float(at), 100 * heard[voice, *column].wrong / heard[voice, *column].digits)
                for at, column in enumerate(shown)
            ),
        )
        for voice in CANDIDATES[language]
    ]
    any_voice = CANDIDATES[language][0]
    own = [heard[any_voice, *column] for column in shown]
    curves.append(
        Curve(
            "other voices",
            tuple(
                (float(at), 100 * cell.others_wrong / cell.others_digits)
                for at, cell in enumerate(own)
            ),
        )
    )
    highest = max(share for curve in curves for _, share in curve.points)
    labels = Labels(
        f"{_LANGUAGES[language]} digits that Whisper misheard",
        "Per cent of the digits of each voice, and of the other voices that calibrate it, by "
        "condition and speed. The table below has the figures.",
        f"listening-{language}",
    )
    return draw(
        labels,
        Axis(
            tuple(float(at) for at in range(len(shown))),
            lambda at: ", ".join(map(str, shown[int(at)])),
        ),
        Axis(
            tuple(10.0 * n for n in range(math.ceil(highest / 10) + 1)),
            lambda share: f"{share:g} %",
        ),
        curves,
        (_BESIDE + _COLUMN * max(3, len(shown)), _HEIGHT),
    )


def missing(cells: Sequence[Cell]) -> str:
    """Say under which conditions, at which speeds, no voice was heard yet."""
    lines = []
    for language in CANDIDATES:
        there = columns(cells, language)
        gaps = {
            condition: [str(speed) for speed in sorted(SPEEDS) if (condition, speed) not in there]
            for condition in CONDITIONS
        }
        named = "; ".join(f"{name} at {', '.join(at)}" for name, at in gaps.items() if at)
        if named:
            lines.append(f"Not measured yet in {_LANGUAGES[language]}: {named}.\n")
    return "\n".join(lines)


def written(page: str, cells: Sequence[Cell], variants: Sequence[Cell]) -> dict[Path, str]:
    """Give the page with its tables, and the pictures, by their files."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    pictures = {
        _DOCS / "images" / f"listening-{language}.svg": picture(cells, language)
        for language in CANDIDATES
    }
    drawn = "\n\n".join(
        f"![{_LANGUAGES[language]} digits misheard by condition and speed: the same as the table]"
        f"(images/listening-{language}.svg)"
        for language in CANDIDATES
    )
    body = f"\n{drawn}\n\n{summary(cells)}\n{table(cells)}\n{missing(cells)}\n"
    whole = before + _BEGIN + body + _END + after
    before, _, rest = whole.partition(_VARIANTS_BEGIN)
    after = rest.partition(_VARIANTS_END)[2]
    varied = f"\n{variant_table(variants)}\n"
    return {PAGE: before + _VARIANTS_BEGIN + varied + _VARIANTS_END + after, **pictures}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure what is missing")
    if parser.parse_args().measure:
        listening.measure()
        listening.measure_variants()
    measured = listening.load(), listening.load(listening.VARIANT_DATA)
    for path, content in written(PAGE.read_text("utf-8"), *measured).items():
        path.write_text(content, "utf-8")

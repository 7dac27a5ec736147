"""Writes the generated sections of docs/, tables whose data is in code, and the wiring pictures.

`python -m host_tools.devtools.reference_docs` writes them; with `--check` it changes nothing and
exits 1 when one is stale.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from robot.libdoc import LibraryDocumentation

from firmware.protocol import messages, sentences
from host_tools.desktop import press_charge
from host_tools.devtools import digit_distances, guide_keys
from host_tools.errors import exit_code_table
from host_tools.hardware import wiring_picture
from host_tools.hardware.circuit import circuit
from host_tools.image.image import load_board, load_product, names

ROOT = Path(__file__).parents[2]


def table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Give a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def wiring() -> str:
    """Give a wiring table for each product on each board, from the board files."""
    sections = []
    for name in names("boards"):
        board = load_board(name)
        for product_name, parts in board["products"].items():
            product = load_product(product_name)
            rows = [
                row
                for part in product["parts"]
                for row in _wires(part, parts.get(part), board["buses"])
            ]
            on = f"{product['title']} on {board['title']}"
            sections.append(
                f"### {on} (`{name}`)\n\n![Wiring of a {on}: the same as the table and the power "
                f"latch below, as lines]({_picture(name, product_name)})\n\n"
                + table(("part", "chip", "its pin", "board pin"), rows)
            )
    return "\n\n".join(sections)


def _picture(board: str, product: str) -> str:
    return f"images/wiring-{board}-{product}.svg"


def wiring_pictures() -> dict[str, str]:
    """Give the wiring pictures by their files."""
    return {
        f"docs/{_picture(board, product)}": wiring_picture.picture(circuit(board, product))
        for board in names("boards")
        for product in load_board(board)["products"]
    }


def _wires(
    part: str, wired: dict[str, Any] | None, buses: dict[str, Any]
) -> list[tuple[object, ...]]:
    if wired is None:
        return [(part, "not on this board", "", "")]
    chip = wired["chip"]
    rows: list[tuple[object, ...]] = []
    if "bus" in wired:
        bus = buses[wired["bus"]]
        where = f"{chip} at address 0x{wired['address']:02X}" if "address" in wired else chip
        name = f"{bus['kind'].upper()} {bus['id']}"
        lines = [line for line in _LINES if line in bus]
        rows += [(part, where, line.upper(), f"GPIO {bus[line]} ({name})") for line in lines]
    rows += [
        (part, chip, name, f"GPIO {wired[key]}") for key, name in _PINS.items() if key in wired
    ]
    for key, name in _PIN_ROWS.items():
        rows += [
            (part, chip, f"{name} {n}", f"GPIO {pin}")
            for n, pin in enumerate(wired.get(key, ()), 1)
        ]
    return rows


# Lines of a bus, as the board files and the buses of machine name them.
_LINES = ("sda", "scl", "sck", "mosi", "ws", "sd")
_PINS = {"pin": "signal", "select": "select", "enable": "enable"}
_PIN_ROWS = {"rows": "row", "columns": "column"}


def message_tables() -> str:
    """Give the tables of operations, limits and errors, from firmware.protocol."""
    operations = [(number, f"`{name}`") for number, name in sorted(messages.OPERATIONS.items())]
    limits = [(f"`{name}`", getattr(messages, name)) for name in LIMITS]
    errors = [
        (number, f"`{name}`", what, hint)
        for number, (name, what, hint) in sorted(sentences.ERRORS.items())
    ]
    return "\n\n".join(
        (
            "## Operations\n\n" + table(("op", "name"), operations),
            f"## Limits\n\n{_UNITS}\n\n{table(('name', 'value'), limits)}",
            "## Errors\n\n0 is success.\n\n"
            + table(("error", "name", "what is wrong", "what to do"), errors),
        )
    )


def battery() -> str:
    """Give the table of how long a cell lasts, by emulated presses: rounded, so that a change of
    the firmware that hardly matters does not change it."""
    head = ("token", "on a press", "charge a press", "full cell to warning")
    shares = {"mcu": "processor", "display": "display", "headphones": "headphone amplifier"}
    shares["cell"] = "the cell itself"
    rows = []
    for board in ("pico", "pico2", "esp32_s3"):
        for product in load_board(board)["products"]:
            press = press_charge.measure(product, board, lambda line: nullcontext(), print)
            told = press_charge.estimate(press, _PRESSES_A_DAY)
            share = {part["part"]: part["share"] for part in told["parts"]}
            rows.append(
                (
                    f"{load_product(product)['title'].lower()} on {board}",
                    f"{_STEP * round(told['on_s_a_press'] / _STEP)} s",
                    f"{told['press_mah']:.1f} mAh",
                    f"{told['years']:.1f} years",
                    *(f"{_STEP * round(share.get(part, 0) * 100 / _STEP)} %" for part in shares),
                )
            )
    return table((*head, *shares.values()), rows)


_PRESSES_A_DAY = 4
_STEP = 5  # to which seconds and per cent are rounded
_UNITS = "Sizes in bytes, a PIN's in digits, times in Unix seconds."
LIMITS = (
    "PROTOCOL_VERSION",
    "MAX_PAYLOAD",
    "MAX_ACCOUNTS",
    "MAX_NAME",
    "MAX_SPOKEN_NAME",
    "NAME_PART",
    "MIN_SECRET",
    "MAX_SECRET",
    "MIN_PIN",
    "MAX_PIN",
    "PIN_TRIES",
    "MAX_UPDATE_PART",
    "MIN_TIME",
    "MAX_TIME",
)


def times() -> str:
    """Give the table of figures, docs/figures.json, which tests/board/ writes."""
    table_of = json.loads((ROOT / "docs/figures.json").read_text(encoding="utf-8"))
    sections = []
    for name in sorted(table_of, key=names("products").index, reverse=True):
        files, frozen = table_of[name]["from files"], table_of[name].get("frozen", {})
        rows = [
            (what, *(_cell(row, column) for row in (files[what], frozen.get(what, {}))
                     for column in ("board", "pace", "budget")))
            for what in files
        ]  # fmt: skip
        head = ("", "from files", "pace", "budget", "frozen", "pace", "budget")
        sections.append(f"{load_product(name)['title']}:\n\n{table(head, rows)}")
    return "\n\n".join(sections)


def _cell(row: dict[str, float], column: str) -> str:
    return f"{row[column]:,.0f}" if column in row else ""


def exit_codes() -> str:
    """Give the table of the commands' exit codes."""
    return table(("exit code", "meaning"), exit_code_table())


def robot_keywords() -> str:
    """Give the table of Robot Framework's keywords, from the library itself."""
    library = LibraryDocumentation("kodebrik.robot.Kodebrik")
    rows = [
        (
            each.name,
            ", ".join(f"`{argument}`" for argument in each.args).replace("|", "\\|"),
            " ".join(each.doc.split()),
        )
        for each in library.keywords
    ]
    return table(("keyword", "arguments", "what it does"), rows)


SECTIONS = {
    "docs/hardware.md": {"battery": battery, "times": times, "wiring": wiring},
    "docs/protocol.md": {"messages": message_tables},
    "docs/commands.md": {"exit codes": exit_codes},
    "docs/testers.md": {"keywords": robot_keywords},
    "docs/internals.md": {"distances of digits": digit_distances.matrix},
} | {
    f"docs/guides/kodeoplaeser.{language}.md": {
        "functions": partial(guide_keys.functions, language),
        "keys": partial(guide_keys.screens, language),
    }
    for language in ("da", "en")
}


def fill(text: str, section: str, content: str) -> str:
    """Replace the text between the markers of `section`; ValueError when they are missing."""
    start, end = f"<!-- generated: {section} -->", "<!-- end generated -->"
    head, found, rest = text.partition(start)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"no markers for the section '{section}'")
    return f"{head}{start}\n{content}\n{end}{tail}"


def main(check: bool) -> int:
    """Write every generated section, or with `check` only compare them; give the exit code."""
    stale = []
    for name, sections in SECTIONS.items():
        path = ROOT / name
        old = new = path.read_text(encoding="utf-8")
        for section, content in sections.items():
            new = fill(new, section, content())
        if new != old:
            stale.append(name)
            if not check:
                path.write_text(new, encoding="utf-8")
    for name, new in wiring_pictures().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != new:
            stale.append(name)
            if not check:
                path.write_text(new, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale; run make docs' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

"""Print every figure, a line each as it is measured; `--json` prints one list at the end
instead."""

import json
import sys

from tests.bench import firmware_and_emulator as figures
from tests.bench import pskc_import as importing
from tests.bench import speech as speaking
from tests.bench import validator
from tests.bench.figure import Figure


def line(figure: Figure) -> str:
    """Give a figure as one line of text."""
    verdict = "good" if figure.good else "MISSED"
    return (
        f"{figure.name}: {figure.value:,.4g} {figure.unit}; {figure.against}: "
        f"{figure.reference:,.4g} {figure.unit}; "
        f"ratio {figure.ratio:.3g}; {verdict}"
    )


def main() -> None:
    """Measure all."""
    as_json = "--json" in sys.argv[1:]
    measured = []
    for measure in [
        *figures.all_figures(),
        *speaking.all_figures(),
        *validator.figures(),
        *importing.figures(),
    ]:
        figure = measure()
        measured.append({**vars(figure), "ratio": figure.ratio, "good": figure.good})
        if not as_json:
            print(line(figure), flush=True)
    if as_json:
        print(json.dumps(measured, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

"""Print every figure, a line each as it is measured; `--json` prints one list at the end
instead."""

import json
import sys

from tests.bench import (
    desk,
    factory,
    firmware_and_emulator,
    large_database,
    pskc_import,
    speech,
    streamed_import,
    validator,
)
from tests.bench.figure import Figure


def line(figure: Figure) -> str:
    """Give a figure as one line of text."""
    verdict = "good" if figure.good else "MISSED"
    bound = "at least" if figure.more_is_better else "at most"
    return (
        f"{figure.name}: {figure.value:,.4g} {figure.unit}; {figure.against}: "
        f"{figure.reference:,.4g} {figure.unit}; "
        f"ratio {figure.ratio:.3g}, {bound} {figure.budget:.3g}; {verdict}"
    )


def main() -> None:
    """Measure all."""
    as_json = "--json" in sys.argv[1:]
    measured = []
    for measure in [
        *firmware_and_emulator.figures(),
        *speech.figures(),
        *desk.figures(),
        *validator.figures(),
        *pskc_import.figures(),
        *streamed_import.figures(),
        *large_database.figures(),
        *factory.figures(),
    ]:
        figure = measure()
        measured.append({**vars(figure), "ratio": figure.ratio, "good": figure.good})
        if not as_json:
            print(line(figure), flush=True)
    if as_json:
        print(json.dumps(measured, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

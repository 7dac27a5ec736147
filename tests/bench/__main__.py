"""Print every figure, a line each as it is measured, or those of the modules that are named
(`python -m tests.bench desk`); `--json` prints one list at the end instead."""

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


_MODULES = (
    firmware_and_emulator,
    speech,
    desk,
    validator,
    pskc_import,
    streamed_import,
    large_database,
    factory,
)


def main() -> None:
    """Measure all, or what is asked for."""
    as_json = "--json" in sys.argv[1:]
    modules = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
    names = [name for name in sys.argv[1:] if name != "--json"] or list(modules)
    if unknown := set(names) - set(modules):
        sys.exit(f"No figures: {', '.join(sorted(unknown))}. There are {', '.join(modules)}.")
    measured = []
    for measure in [measure for name in names for measure in modules[name].figures()]:
        figure = measure()
        measured.append({**vars(figure), "ratio": figure.ratio, "good": figure.good})
        if not as_json:
            print(line(figure), flush=True)
    if as_json:
        print(json.dumps(measured, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

"""The report of a soak: lines of text, JSON, and a plot of acceptance against drift and window."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from host_tools.messages.catalogue import Message, listed, prefixed
from host_tools.qa.soak.lifetime import Rules, Tally
from host_tools.qa.soak.soak import SoakOutcome
from host_tools.qa.soak.typist import SPEEDS, Typists
from host_tools.svg_plot import Axis, Curve, Labels, draw, even_marks

_MIN_CODES = 20  # codes needed for a point of the plot


def share(part: int, whole: int) -> float:
    """Give part / whole, 0 when `whole` is 0."""
    return part / whole if whole else 0.0


def lines(outcome: SoakOutcome) -> Iterator[str]:
    """Give the report as text."""
    soak = outcome.soak
    yield Message(
        "soak.fleet",
        tokens=soak.tokens,
        crystal=soak.crystal,
        years=soak.years,
        seed=soak.seed,
    )
    for rules, tally in outcome.tallies.items():
        yield ""
        yield Message(
            "soak.setting" if rules.learns else "soak.setting-no-learning", window=rules.window
        )
        yield from _setting(tally)
    perfect = outcome.perfect
    yield ""
    yield Message(
        "soak.perfect",
        window=Rules().window,
        percent=_percent(perfect),
        seconds=perfect.learnt,
    )
    compared = sum(tally.compared for tally in outcome.tallies.values())
    if compared:
        differing = sum(tally.differing for tally in outcome.tallies.values())
        yield Message("soak.firmware", tokens=soak.firmware, codes=compared, differing=differing)


def _setting(tally: Tally) -> Iterator[str]:
    counts = [
        Message("soak.verdict", reason=Message("qa-reason." + reason), number=count)
        for reason, count in tally.verdicts.most_common()
    ]
    for line in (
        Message(
            "soak.logins",
            logins=tally.logins,
            percent=_percent(tally),
            calls=tally.help_desk,
        ),
        Message("soak.verdicts", verdicts=listed("list-comma", counts)),
        Message("soak.batteries", empty=tally.empty_battery, lost=tally.clock_lost),
        Message(
            "soak.clocks",
            furthest=tally.furthest,
            slower=tally.believed_slow,
            faster=tally.believed_fast,
        ),
        Message(
            "soak.searched",
            average=share(tally.searched, sum(tally.verdicts.values())),
            widest=tally.widest,
        ),
    ):
        yield prefixed("  ", line)


def _percent(tally: Tally) -> Message:
    return Message("percent", percent=100 * share(tally.first_accepted, tally.first_tries))


def typist_lines(listeners: Sequence[Typists]) -> Iterator[str]:
    """Give the table of listeners who type: for each custom a line for each typing time."""
    if not listeners:
        return
    yield ""
    speeds = ", ".join(str(speed) for speed in SPEEDS)
    yield Message("soak.typists", logins=listeners[0].logins, speeds=speeds)
    for custom, alike in groupby(listeners, key=lambda each: each.custom):
        said = Message(
            "soak.typists-wait" if custom.typing_time else "soak.typists-no-wait",
            period=custom.period,
            seconds=custom.typing_time,
        )
        yield prefixed("  ", said)
        for typing, row in groupby(alike, key=lambda each: each.typing):
            cells = [
                Message(
                    "soak.typist-cell",
                    percent=Message(
                        "percent", percent=100 * share(each.first_accepted, each.first_tries)
                    ),
                    locks=each.locks,
                    seconds=each.waited / each.logins,
                )
                for each in row
            ]
            said = Message("soak.typing", seconds=typing, cells=listed("list-semicolon", cells))
            yield prefixed("    ", said)


def typists_json(listeners: Sequence[Typists]) -> list[dict[str, Any]]:
    """Give the same as plain data."""
    return [vars(each) | {"custom": dict(vars(each.custom))} for each in listeners]


def as_json(outcome: SoakOutcome) -> dict[str, Any]:
    """Give the report for JSON."""
    soak = outcome.soak
    return {
        "tokens": soak.tokens,
        "years": soak.years,
        "crystal": soak.crystal,
        "seed": soak.seed,
        "firmware": soak.firmware,
        "settings": [
            {"window": rules.window, "learns": rules.learns} | _tally(tally)
            for rules, tally in outcome.tallies.items()
        ],
        "perfect_clocks": _tally(outcome.perfect),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    result: dict[str, Any] = dict(vars(tally))
    result["verdicts"] = dict(sorted(tally.verdicts.items()))
    result["by_rate"] = {str(rate): counts for rate, counts in sorted(tally.by_rate.items())}
    return result


def plot(outcome: SoakOutcome) -> str:
    """Plot the share of right codes accepted at the first try against drift, as SVG."""
    curves = []
    for rules, tally in outcome.tallies.items():
        points = [
            (float(rate), share(accepted, tried))
            for rate, (accepted, tried) in sorted(tally.by_rate.items())
            if tried >= _MIN_CODES
        ]
        curves.append(Curve(rules.name, tuple(points)))
    said = "; ".join(
        f"{rules.name}: {_percent(tally)} of all" for rules, tally in outcome.tallies.items()
    )
    labels = Labels(
        "Right codes accepted at the first try",
        "Acceptance against the clock's mean drift since it was set, one line for each setting. "
        f"{said}.",
    )
    rates = [rate for curve in curves for rate, _ in curve.points] or [0.0]
    drift = Axis(
        even_marks(min(rates), max(rates), 4),
        lambda rate: f"{rate:g}",
        "drift since the clock was set, ppm (positive: fast)",
    )
    accepted = Axis(
        even_marks(0.0, 1.0, 4), lambda part: f"{part:.0%}", "accepted at the first try"
    )
    return draw(labels, drift, accepted, curves, (800, 480))

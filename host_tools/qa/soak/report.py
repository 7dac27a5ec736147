"""The report of a soak: lines of text, JSON, and a plot of acceptance against drift and window."""

from collections.abc import Iterator
from typing import Any

from host_tools.qa.soak.lifetime import Rules, Tally
from host_tools.qa.soak.soak import Outcome
from host_tools.svg_plot import Axis, Curve, Labels, draw, even_marks

_MIN_CODES = 20  # codes needed for a point of the plot


def share(part: int, whole: int) -> float:
    """Give part / whole, 0 when `whole` is 0."""
    return part / whole if whole else 0.0


def lines(outcome: Outcome) -> Iterator[str]:
    """Give the report as text."""
    soak = outcome.soak
    yield (
        f"{soak.tokens} tokens with {soak.crystal} crystals over {soak.years:g} virtual years, "
        f"seed {soak.seed}."
    )
    for rules, tally in outcome.tallies.items():
        yield ""
        yield f"{rules.name[0].upper()}{rules.name[1:]}:"
        yield from _setting(tally)
    perfect = outcome.perfect
    yield ""
    yield (
        f"The same users with perfect clocks ({Rules().name}): {_percent(perfect)} accepted at "
        "the first try;"
        f" typing delay alone taught the server {perfect.learnt:.1f} s at most."
    )
    compared = sum(tally.compared for tally in outcome.tallies.values())
    if compared:
        differing = sum(tally.differing for tally in outcome.tallies.values())
        yield (
            f"{soak.firmware} of the tokens ran the firmware: {compared} codes, {differing} "
            "unlike the clock chip's."
        )


def _setting(tally: Tally) -> Iterator[str]:
    yield (
        f"  {tally.logins} logins; {_percent(tally)} of right codes accepted at the first try;"
        f" {tally.help_desk} calls for resynchronisation."
    )
    counts = ", ".join(
        f"{reason.replace('_', ' ')} {count}" for reason, count in tally.verdicts.most_common()
    )
    yield f"  Verdicts: {counts}."
    yield f"  Batteries empty {tally.empty_battery}, clocks lost with them {tally.clock_lost}."
    yield (
        f"  Clocks were off by up to {tally.furthest:.0f} s; believed slower than true by "
        f"{tally.believed_slow:.1f} s"
        f" at most, faster by {tally.believed_fast:.1f} s."
    )
    searched = share(tally.searched, sum(tally.verdicts.values()))
    yield (
        f"  Codes were looked for in {searched:.2f} steps on average, {tally.widest} at most:"
        " so many of a million guesses of six digits are right."
    )


def _percent(tally: Tally) -> str:
    return f"{share(tally.first_accepted, tally.first_tries):.2%}"


def as_json(outcome: Outcome) -> dict[str, Any]:
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


def plot(outcome: Outcome) -> str:
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

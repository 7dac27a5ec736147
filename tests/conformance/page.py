"""docs/conformance.md, from the requirements and the results of their tests."""

from collections.abc import Collection, Mapping

from tests.conformance import mutants
from tests.conformance.requirements import ROOT, Proof, Table, names, proofs, tested, untested

PATH = ROOT / "docs" / "conformance.md"
PASSED, FAILED, NO_TEST = "passed", "**failed**", "**no test**"
CAUGHT, NOT_CAUGHT = "(caught)", "(**not caught**)"
_HEAD = """# Conformance of the kodeoplæser

Which test shows which requirement. Written by `make conformance`, which runs these tests and \
fails when one fails or a
requirement has none; nothing here is typed by hand. Tests press the keys of an emulated token \
that runs the real
firmware, and look at the pixels of its display and the samples that reach loudspeaker and \
headphones. The wording is
ours and short; EN 301 549 itself decides.

Each test can fail: `make conformance` also breaks each requirement in a copy, as *when broken* \
says, and fails when a test that
must notice passes all the same (`tests/conformance/mutants.toml`).
"""


def page(results: Mapping[tuple[str, str], bool], uncaught: Collection[mutants.Mutant] = ()) -> str:
    """Give the page. `results` tells by file and name of a test whether it passed; a test that is
    not there failed. `uncaught` are the mutants that passed a test that must fail."""
    sections = [_HEAD]
    for table in tested():
        rows = [_row(name, text, results, uncaught) for name, text in table.requirements.items()]
        sections.append(
            _section(
                table, ("requirement", "what it asks", "shown by", "result", "when broken"), rows
            )
        )
    for table in untested():
        rows = [(name, text) for name, text in table.requirements.items()]
        sections.append(_section(table, ("requirement", "why, and how to tell"), rows))
    return "\n".join(sections)


def gaps() -> list[str]:
    """Give the requirements that no test shows."""
    shown = {name for proof in proofs() for name in proof.names}
    return [name for name in names() if name not in shown]


def unbroken() -> list[str]:
    """Give the requirements without a mutant."""
    return [name for name in names() if not mutants.of(name)]


def _row(
    name: str,
    text: str,
    results: Mapping[tuple[str, str], bool],
    uncaught: Collection[mutants.Mutant],
) -> tuple[str, ...]:
    showing = [proof for proof in proofs() if name in proof.names]
    if not showing:
        return name, text, "", NO_TEST, ""
    passed = all(results.get((proof.file, proof.test), False) for proof in showing)
    broken = mutants.of(name)
    can_fail = {proof for mutant in broken for proof in mutant.proofs}
    return (
        name,
        text,
        "<br>".join(_link(proof, (proof.file, proof.test) in can_fail) for proof in showing),
        PASSED if passed else FAILED,
        "<br>".join(f"{mutant.breaks} {_caught(mutant, uncaught)}" for mutant in broken),
    )


def _caught(mutant: mutants.Mutant, uncaught: Collection[mutants.Mutant]) -> str:
    return NOT_CAUGHT if mutant in uncaught else CAUGHT


def _link(proof: Proof, can_fail: bool) -> str:
    link = f"[`{proof.test}`](../{proof.file})"
    return f"**{link}**" if can_fail else link


def _section(table: Table, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return (
        f"## {table.heading}\n\n"
        + "\n".join("| " + " | ".join(line) + " |" for line in lines)
        + "\n"
    )

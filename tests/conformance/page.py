"""docs/conformance.md, from the requirements and the results of their tests."""

from collections.abc import Mapping

from tests.conformance.requirements import ROOT, Proof, Table, proofs, tested, untested

PATH = ROOT / "docs" / "conformance.md"
PASSED, FAILED, NO_TEST = "passed", "**failed**", "**no test**"
_HEAD = """# Conformance of the kodeoplæser

Which test shows which requirement. Written by `make conformance`, which runs these tests and \
fails when one fails or a
requirement has none; nothing here is typed by hand. Tests press the keys of an emulated token \
that runs the real
firmware, and look at the pixels of its display and the samples that reach loudspeaker and \
headphones. The wording is
ours and short; EN 301 549 itself decides.
"""


def page(results: Mapping[tuple[str, str], bool]) -> str:
    """Give the page. `results` tells by file and name of a test whether it passed; a test that is
    not there failed."""
    sections = [_HEAD]
    for table in tested():
        rows = [_row(name, text, results) for name, text in table.requirements.items()]
        sections.append(
            _section(table, ("requirement", "what it asks", "shown by", "result"), rows)
        )
    for table in untested():
        rows = [(name, text) for name, text in table.requirements.items()]
        sections.append(_section(table, ("requirement", "why, and how to tell"), rows))
    return "\n".join(sections)


def gaps() -> list[str]:
    """Give the requirements that no test shows."""
    shown = {name for proof in proofs() for name in proof.names}
    return [name for table in tested() for name in table.requirements if name not in shown]


def _row(name: str, text: str, results: Mapping[tuple[str, str], bool]) -> tuple[str, ...]:
    showing = [proof for proof in proofs() if name in proof.names]
    if not showing:
        return name, text, "", NO_TEST
    passed = all(results.get((proof.file, proof.test), False) for proof in showing)
    return name, text, "<br>".join(map(_link, showing)), PASSED if passed else FAILED


def _link(proof: Proof) -> str:
    return f"[`{proof.test}`](../{proof.file})"


def _section(table: Table, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return (
        f"## {table.heading}\n\n"
        + "\n".join("| " + " | ".join(line) + " |" for line in lines)
        + "\n"
    )

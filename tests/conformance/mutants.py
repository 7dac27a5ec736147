"""Mutants: copies of kodebrik in which one requirement is broken, as data in mutants.toml.

A test that shows a requirement must fail on a mutant in which that requirement does not hold;
otherwise it shows nothing. Each mutant is a sentence (what is broken), edits (in a file, a text
that occurs there once, and what stands in its place) and the tests that must fail, as pytest names
them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conformance.requirements import FOLDER, ROOT


@dataclass(frozen=True)
class Edit:
    """In `file` (relative to the repository) `text` is replaced `by` other text."""

    file: str
    text: str
    by: str

    def applied_to(self, content: str) -> str:
        """Give the file's content with the edit; ValueError unless the text occurs once."""
        if content.count(self.text) != 1:
            times = content.count(self.text)
            raise ValueError(f"{self.file} has {times} times, and not once: {self.text!r}")
        return content.replace(self.text, self.by)


@dataclass(frozen=True)
class Mutant:
    """What is broken, how, and which tests must fail. `clauses` are requirements' names."""

    clauses: tuple[str, ...]
    breaks: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]

    @property
    def proofs(self) -> set[tuple[str, str]]:
        """Files and names of the tests that must fail, whatever their parameters."""
        return {plain(test) for test in self.tests}


def plain(node: str) -> tuple[str, str]:
    """Give file and name of a test that pytest names `node`, without its parameters."""
    file, _, test = node.partition("::")
    return file, test.partition("[")[0]


@cache
def mutants() -> tuple[Mutant, ...]:
    """Read all mutants, in the order of the file."""
    text = (FOLDER / "mutants.toml").read_text(encoding="utf-8")
    return tuple(
        Mutant(
            tuple(each["clauses"]),
            each["breaks"],
            tuple(Edit(*edit) for edit in each["edits"]),
            tuple(each["tests"]),
        )
        for each in tomllib.loads(text)["mutant"]
    )


def of(clause: str) -> list[Mutant]:
    """Give the mutants in which a requirement is broken."""
    return [mutant for mutant in mutants() if clause in mutant.clauses]


def content(file: str, root: Path = ROOT) -> str:
    """Read a file of the repository."""
    return (root / file).read_text(encoding="utf-8")

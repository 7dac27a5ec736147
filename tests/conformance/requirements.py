"""The requirements, from requirements.toml, and the tests that carry their names, read from the
tests' source."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
TESTS = FOLDER.parent
ROOT = TESTS.parent
_MARKER = "pytest.mark.clause"


@dataclass(frozen=True)
class Table:
    """One part of the page: its heading, and its requirements as name -> sentence."""

    heading: str
    requirements: dict[str, str]


@dataclass(frozen=True)
class Proof:
    """A test function in a file (relative to the repository), with the requirements that it
    shows."""

    file: str
    test: str
    names: tuple[str, ...]


@cache
def _content() -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "requirements.toml").read_text(encoding="utf-8"))


def tested() -> list[Table]:
    """Give the requirements that a test must show."""
    return [
        Table("EN 301 549 V3.2.1", _content()["en_301_549"]),
        Table("What the kodeoplæser promises", _content()["product"]),
    ]


def untested() -> list[Table]:
    """Give what no test here can show, each with the reason or the way to look at it."""
    return [
        Table("To be looked at on a built token", _content()["built_token"]),
        Table("Clauses that cannot be shown here", _content()["not_shown"]),
        Table("Clauses that do not apply", _content()["not_applicable"]),
    ]


def names() -> list[str]:
    """Give the names of all requirements that a test must show."""
    return [name for table in tested() for name in table.requirements]


@cache
def proofs() -> tuple[Proof, ...]:
    """Give all tests that carry names of requirements, in the order of files and lines."""
    return tuple(proof for path in sorted(TESTS.rglob("test_*.py")) for proof in _proofs_in(path))


def _proofs_in(path: Path) -> Iterator[Proof]:
    file = path.relative_to(ROOT).as_posix()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = [
            mark
            for mark in node.decorator_list
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == _MARKER
        ]
        named = tuple(ast.literal_eval(name) for mark in marks for name in mark.args)
        if named:
            yield Proof(file, node.name, named)

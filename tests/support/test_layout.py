"""The layout of the tests: they mirror the packages and share only the modules in tests/support."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
BESIDE = {"board", "conformance", "e2e", "interop", "bench", "support"}  # folders of no package
MOST = 16  # files of one folder beside its __init__.py and conftest.py


def imported(path: Path) -> Iterator[str]:
    """Give the full names of the modules and names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_file_imports_a_module_of_tests() -> None:
    for path in TESTS.rglob("*.py"):
        named = [name for name in imported(path) if name.startswith("tests.")]
        assert not [
            name
            for name in named
            if any(part.startswith("test_") or part == "conftest" for part in name.split("."))
        ], path


@pytest.mark.parametrize("wing", ["firmware", "emulator", "host_tools"])
def test_a_folder_of_tests_has_the_name_of_a_package(wing: str) -> None:
    for folder in (TESTS / wing).rglob("__init__.py"):
        mirrored = ROOT / folder.parent.relative_to(TESTS)
        assert mirrored.is_dir(), folder.parent


def test_there_is_no_other_folder() -> None:
    found = {path.parent.name for path in TESTS.glob("*/__init__.py")}
    assert found == BESIDE | {"firmware", "emulator", "host_tools"}


def test_no_folder_holds_too_many_files() -> None:
    for folder in {path.parent for path in TESTS.rglob("*.py")}:
        files = [
            path for path in folder.glob("*.py") if path.name not in ("__init__.py", "conftest.py")
        ]
        assert len(files) <= MOST, f"{folder}: {len(files)}"

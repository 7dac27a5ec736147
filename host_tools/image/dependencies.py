"""Finds the firmware modules that a token needs: the import closure of its main.py and its parts.

A module depends on what it imports at any level, and on the modules that it loads by name: string
constants such as "firmware.x.y", or "firmware.x.y_" followed by a language.
"""

import ast
import traceback
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import firmware
from host_tools.errors import ExitCode, KodebrikError

FIRMWARE = Path(firmware.__file__).parent


def import_closure(roots: Iterable[Path], languages: Sequence[str]) -> set[Path]:
    """Give the source files that `roots` depend on, the roots and their packages included;
    KodebrikError when one that is imported is missing."""
    found: set[Path] = set()
    waiting = list(roots)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [
            folder / "__init__.py" for folder in path.parents if folder.is_relative_to(FIRMWARE)
        ]
        for name in _modules(path, source(path)):
            file = FIRMWARE.joinpath(*name.split(".")[1:])
            if not _files(name) and not file.with_suffix(".pyi").exists():  # types alone
                raise _missing(file.with_suffix(".py"))
        for name in _imported_names(path, source(path)):
            spoken = [name + language for language in languages] if name[-1:] == "_" else [name]
            waiting += [file for each in spoken for file in _files(each)]
    return found


def source(path: Path) -> bytes:
    """Read a file of the firmware; KodebrikError when it is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _missing(path) from None


def _missing(path: Path) -> KodebrikError:
    name = path.relative_to(FIRMWARE.parent)
    return KodebrikError("firmware-file-missing", ExitCode.FILE, name=name)


def load_error(error: Exception, path: Path) -> KodebrikError:
    """Give the error of a module that failed while it was imported, with its line."""
    steps = [
        step
        for step in traceback.extract_tb(error.__traceback__)
        if Path(step.filename).resolve() == path.resolve()
    ]
    return KodebrikError(
        "firmware-does-not-load",
        ExitCode.BAD_INPUT,
        name=path.relative_to(FIRMWARE.parent),
        line=(steps[-1].lineno if steps else 0) or 0,
        fault=str(error),
    )


def parsed(path: Path, source: bytes) -> ast.Module:
    """Parse a source file; KodebrikError names the line that is no Python."""
    try:
        return ast.parse(source, str(path))
    except SyntaxError as error:
        raise syntax_error(error) from None


def syntax_error(error: SyntaxError) -> KodebrikError:
    """Give the error that names the file of the firmware and the line."""
    path = Path(error.filename or "")
    name = path.relative_to(FIRMWARE.parent) if path.is_relative_to(FIRMWARE.parent) else path
    return KodebrikError(
        "firmware-syntax",
        ExitCode.BAD_INPUT,
        name=name,
        line=error.lineno or 0,
        fault=error.msg,
    )


@cache
def _modules(path: Path, source: bytes) -> frozenset[str]:
    """Give the modules of the firmware that a module imports."""
    found: set[str] = set()
    for node in ast.walk(parsed(path, source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return frozenset(name for name in found if name.partition(".")[0] == FIRMWARE.name)


@cache
def _imported_names(path: Path, source: bytes) -> list[str]:
    """Give what a module imports, and its string constants."""
    names: list[str] = []
    for node in ast.walk(parsed(path, source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names += [name.name for name in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.append(node.value)
    return names


def _files(name: str) -> list[Path]:
    parts = name.split(".")
    if parts[0] != FIRMWARE.name or not all(part.isidentifier() for part in parts):
        return []
    path = FIRMWARE.joinpath(*parts[1:])
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()]

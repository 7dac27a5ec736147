"""Finds the firmware modules that a token needs: the import closure of its main.py and its parts.

A module depends on what it imports at any level, and on the modules that it loads by name: string
constants such as "firmware.x.y", or "firmware.x.y_" followed by a language.
"""

import ast
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import firmware

FIRMWARE = Path(firmware.__file__).parent


def import_closure(roots: Iterable[Path], languages: Sequence[str]) -> set[Path]:
    """Give the source files that `roots` depend on, the roots and their packages included."""
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
        for name in _imported_names(path.read_bytes()):
            spoken = [name + language for language in languages] if name[-1:] == "_" else [name]
            waiting += [file for each in spoken for file in _files(each)]
    return found


@cache
def _imported_names(source: bytes) -> list[str]:
    """Give what a module imports, and its string constants."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
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

"""Which of the firmware's modules a token needs: those that its main.py, its own parts and its
languages lead to.

A module leads to what it imports, wherever in it that stands, and to what it names as text:
"firmware.x.y", or "firmware.x.y_" with a language behind it, for the ones that it loads by name.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import firmware

FIRMWARE = Path(firmware.__file__).parent


def reached(roots: Iterable[Path], languages: Sequence[str]) -> set[Path]:
    """Give the source files that `roots` lead to, themselves included, with the packages that they
    lie in."""
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
        waiting += [file for name in _named(path, languages) for file in _files(name)]
    return found


def _named(path: Path, languages: Sequence[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (
                (node.value + language for language in languages)
                if node.value[-1:] == "_"
                else [node.value]
            )


def _files(name: str) -> list[Path]:
    parts = name.split(".")
    if parts[0] != FIRMWARE.name or not all(part.isidentifier() for part in parts):
        return []
    path = FIRMWARE.joinpath(*parts[1:])
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()]

"""Gives frozen modules names of two parts: firmware.ui.fob.code is firmware.ui_fob_code.

MicroPython looks each part of a name up among all names that it knows, twice at every import, and
makes a module of every folder on the way, whose absent __init__.py it looks for among all that is
frozen. In files the folders cost nothing of that kind (firmware/one_file.py).
"""

import ast
from collections.abc import Collection

from host_tools.image.constants import Node, replaced

_PACKAGE = "firmware"
_BEGINNING = f"{_PACKAGE}."


def flat(name: str) -> str:
    """Give the flat form of a module's dotted name, or of the beginning of one."""
    return _BEGINNING + name.removeprefix(_BEGINNING).replace(".", "_")


def flattened(source: bytes, modules: Collection[str]) -> bytes:
    """Give a module's text with the flat names of these modules in its imports, and in the texts by
    which it loads one; the lines stay where they are."""
    texts: dict[Node, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_BEGINNING):
            texts[node] = _import(node, modules)
        elif isinstance(node, ast.Constant) and str(node.value).startswith(_BEGINNING):
            texts[node] = repr(flat(str(node.value)))
    return replaced(source, {node: text for node, text in texts.items() if text})


def _import(node: ast.ImportFrom, modules: Collection[str]) -> str:
    """Give the text of an import, none where it is of another module, as those of types are."""
    module = node.module or ""
    if module in modules:
        names = (f"{one.name} as {one.asname}" if one.asname else one.name for one in node.names)
        return f"from {flat(module)} import {', '.join(names)}"
    if all(f"{module}.{one.name}" in modules for one in node.names):  # of a folder
        return "; ".join(
            f"import {flat(f'{module}.{one.name}')} as {one.asname or one.name}"
            for one in node.names
        )
    return ""

"""Texts for people that a source file holds itself, where a message of the catalogue should be."""

import ast
import re
from collections.abc import Iterator

# Two words beside each other, a word with a colon, or a word beside a value that is filled in.
_WORDS = re.compile(r"[A-Za-z]{2,},? [A-Za-z(']{2,}|[A-Za-z]{2,}: ?$")
_BESIDE_VALUE = re.compile(r"(^|\s)[A-Za-z]{2,}:? $|^,? [A-Za-z]{2,}([ .,:]|$)")
# What may hold words: help, which is English, and patterns of logs for programmers.
_HELP = {"typer.Option", "typer.Argument", "CommandGroup"}
_HELPS = {"help", "epilog", "metavar"}


def literal_texts(source: str) -> Iterator[tuple[int, str]]:
    """Give line and text of every literal or f-string that reads like a text for people.

    Docstrings, help, and what stands inside a message's call are not looked at.
    """
    tree = ast.parse(source)
    yield from _texts(tree)


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.JoinedStr):
        parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
        if any(_WORDS.search(part) or _BESIDE_VALUE.search(part) for part in parts):
            yield node.lineno, ast.unparse(node)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if _WORDS.search(node.value):
            yield node.lineno, node.value
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _HELP:
        return
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        is_help = isinstance(child, ast.keyword) and child.arg in _HELPS
        if not is_docstring and not is_help:
            yield from _texts(child)

"""Puts constants where they are used.

MicroPython looks a module's global up by its name, and each name costs a token time at power-on
and memory for good. Its `const()` tells mpy-cross to write the value in place of the name; but only
MicroPython has that, and the firmware runs on CPython too. So the image build adds it, to integers
and short texts whose names begin with an underscore, which nothing outside of the module uses. For
the link's constants, which many modules share, it writes the values themselves: then no module
imports firmware.protocol.messages, whose names take 3 KB of a token's memory.
"""

import ast
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from firmware.protocol import messages

_NAME = re.compile(r"_[A-Z][A-Z0-9_]*")
# Others are heap objects, one for each place where they stand: integers from 30 bits on, and texts
# that the compiler does not intern (MICROPY_ALLOC_PARSE_INTERN_STRING_LEN).
_BITS = 30
_LONGEST = 10


Node = ast.expr | ast.stmt
_SHARED = messages.__name__
_PACKAGE, _MODULE = _SHARED.rsplit(".", 1)
_VALUES = {
    name: value
    for name, value in vars(messages).items()
    if name.isupper() and isinstance(value, int | str | bytes | tuple)
}


@cache  # a fleet of emulated tokens is built of the same modules
def folded(source: bytes) -> bytes:
    """Give a module's text with const() around its constants and the link's constants in place of
    their names; the lines stay where they are."""
    # The compiler needs no import of const(), which would run at each power-on.
    source = source.replace(b"\nfrom micropython import const\n", b"\npass\n")
    source = _without_shared(source)
    tree = ast.parse(source)
    bound = _bound(tree)
    values: dict[str, int | str] = {}
    lines = source.splitlines(keepends=True)
    for statement in tree.body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            continue
        target, value = statement.targets[0], statement.value
        if not (isinstance(target, ast.Name) and _NAME.fullmatch(target.id)):
            continue
        if statement.col_offset:  # the second statement of its line
            continue
        constant = _constant(value, values)
        if constant is None or bound[target.id] != 1 or value.lineno != value.end_lineno:
            continue
        values[target.id] = constant
        line = lines[value.lineno - 1]
        start, end = value.col_offset, value.end_col_offset
        lines[value.lineno - 1] = line[:start] + b"const(" + line[start:end] + b")" + line[end:]
    return b"".join(lines)


def _without_shared(source: bytes) -> bytes:
    """Give a module's text with the link's constants in place of their names, and without their
    import; unchanged where it uses them in another way."""
    tree = ast.parse(source)
    written: dict[Node, str] = {}  # what shall stand in a node's place
    names: dict[str, str] = {}  # in this module -> the constant's, or that of the module of them
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        imported = {alias.asname or alias.name: alias.name for alias in node.names}
        if node.module == _SHARED or (node.module == _PACKAGE and set(imported) == {_MODULE}):
            names |= imported
            written[node] = "pass"
    bound = _bound(tree)
    used = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            used += 1
            if names[node.id] in _VALUES:
                written[node] = repr(_VALUES[names[node.id]])
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id) == _MODULE and isinstance(node.ctx, ast.Load)
            if module and node.attr in _VALUES:
                written[node] = repr(_VALUES[node.attr])
    imports = sum(isinstance(node, ast.ImportFrom) for node in written)
    if any(bound[name] > 1 for name in names) or len(written) - imports != used:
        return source
    return replaced(source, written)


def replaced(source: bytes, texts: Mapping[Node, str]) -> bytes:
    """Give a text with others in the place of some nodes; the lines stay where they are."""
    lines = source.splitlines(keepends=True)
    for node in sorted(texts, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        text = lines[first][: node.col_offset] + texts[node].encode()
        text += lines[last][node.end_col_offset :]
        lines[first : last + 1] = [text, *([b"\n"] * (last - first))]
    return b"".join(lines)


def _bound(tree: ast.Module) -> Counter[str]:
    """Give how often each name is given a value, or is a parameter, anywhere in the module."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found[node.id] += 1
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            found[node.arg] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        elif isinstance(node, ast.alias):
            found[node.asname or node.name] += 1
    return found


def _constant(node: ast.expr, values: dict[str, int | str]) -> int | str | None:
    """Give the small integer or short text that an expression of those and of earlier constants is,
    or None."""
    allowed = (ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Load)
    for part in ast.walk(node):
        if (
            not isinstance(part, allowed)
            or (isinstance(part, ast.Constant) and type(part.value) not in (int, str))
            or (isinstance(part, ast.Name) and part.id not in values)
        ):
            return None
    result = eval(  # noqa: S307 - integers, texts and operators
        compile(ast.Expression(node), "constant", "eval"), {"__builtins__": {}}, dict(values)
    )
    if type(result) is int and result.bit_length() <= _BITS:
        return result
    # mpy-cross folds no expressions of texts
    if isinstance(node, ast.Constant) and type(result) is str and len(result) <= _LONGEST:
        return result
    return None

"""Where the host tools name messages: read from their source, so that no text is found missing by
the user who should read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import host_tools

ROOT = Path(host_tools.__file__).parent
_MESSAGES = {"Message", "listed", "text"}  # all others that take an identifier make errors


@dataclass(frozen=True)
class Signature:
    """A function or class that takes an identifier: at which place, whether the rest of its
    arguments are the message's, the identifier that it uses when none is given, and the arguments
    that it adds when it passes the identifier on."""

    place: int
    forwards: bool
    default: str | None
    added: frozenset[str]


@dataclass(frozen=True)
class Call:
    """One call that names messages; `arguments` is None where they are not the call's own."""

    where: str
    identifiers: tuple[str, ...]
    arguments: frozenset[str] | None
    is_error: bool


def calls() -> Iterator[Call]:
    """Give every call of the host tools that names a message by a literal identifier.

    AssertionError for one that computes its identifier in another way than by adding to a literal
    prefix: only a function that was given an identifier may pass it on.
    """
    trees = {_module(path): _parsed(path) for path in ROOT.rglob("*.py")}
    defined = {module: _signatures(tree) for module, tree in trees.items()}
    for module, tree in sorted(trees.items()):
        known = defined[module] | _imported(tree, defined)
        for node in ast.walk(tree):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in known:
                yield from _call(f"{module}:{node.lineno}", name, node, known[name])


def literals() -> set[str]:
    """Give every string literal of the host tools."""
    return {
        node.value
        for path in ROOT.rglob("*.py")
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)


def _imported(tree: ast.Module, defined: dict[str, dict[str, Signature]]) -> dict[str, Signature]:
    """Give what a module imports, by the name that it calls it: `bad`, or `key_package.bad`."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for imported in node.names:
                name, within = imported.asname or imported.name, f"{node.module}.{imported.name}"
                if imported.name in defined.get(node.module or "", {}):
                    found[name] = defined[node.module or ""][imported.name]
                for member, signature in defined.get(within, {}).items():
                    found[f"{name}.{member}"] = signature
    return found


def prefixes() -> set[str]:
    """Give the literal beginnings of identifiers that are computed, such as "page."."""
    return _named_families() | {
        node.left.value
        for path in ROOT.rglob("*.py")
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.BinOp)
        and _begins_with_literal(node)
        and isinstance(node.left, ast.Constant)
    }


def _named_families() -> set[str]:
    """Give the prefixes that catalogue.named() is called with."""
    return {
        node.args[0].value
        for path in ROOT.rglob("*.py")
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "named"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def _call(where: str, name: str, node: ast.Call, signature: Signature) -> Iterator[Call]:
    if len(node.args) > signature.place:
        given = node.args[signature.place]
    elif signature.default is not None:
        given = ast.Constant(signature.default)
    else:
        return  # another function of that name, such as Message.text()
    choices = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
    if all(isinstance(choice, ast.Constant) for choice in choices):
        own = signature.forwards and not any(word.arg is None for word in node.keywords)
        named = frozenset(word.arg for word in node.keywords if word.arg)
        arguments = named | signature.added if own else None
        identifiers = tuple(choice.value for choice in choices if isinstance(choice, ast.Constant))
        is_error = name.rpartition(".")[2].lstrip("_") not in _MESSAGES
        yield Call(where, identifiers, arguments, is_error)
    elif not _begins_with_literal(given):
        passed_on = ast.unparse(given)
        allowed = {"identifier", "identifier + HINT", "self.identifier", "error.identifier"}
        assert passed_on in allowed, where


def _begins_with_literal(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
        and node.left.value.endswith(".")
    )


def _signatures(tree: ast.Module) -> dict[str, Signature]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
            taken = _signature(node, 0)
            if taken is not None:
                found[node.name] = taken
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name in ("__init__", "__new__"):
                    taken = _signature(member, 1)
                    if taken is not None:
                        found[node.name] = taken
    return found


def _signature(node: ast.FunctionDef, bound: int) -> Signature | None:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if "identifier" not in names:
        return None
    place = names.index("identifier")
    defaults = dict(zip(reversed(names), reversed(node.args.defaults), strict=False))
    default = defaults.get("identifier")
    return Signature(
        place - bound,
        node.args.kwarg is not None,
        default.value if isinstance(default, ast.Constant) else None,
        _added(node),
    )


def _added(node: ast.FunctionDef) -> frozenset[str]:
    """Give the arguments that a function names where it passes on `identifier` and `**` its own."""
    return frozenset(
        word.arg
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and any(ast.unparse(given) == "identifier" for given in call.args)
        and any(word.arg is None for word in call.keywords)
        for word in call.keywords
        if word.arg
    )

"""Gives parameters and private attributes of the firmware names that every MicroPython has.

MicroPython looks each name of a module up among all others when it loads the module, from files
that is a third of the time to a kodeoplaeser's first code, and keeps it for good. Names of the
static list in its py/makeqstrdata.py are numbers in a .mpy file and cost nothing. No traceback
tells the difference, as it has names of functions and lines, which stay. What is called by keyword
keeps its parameters' names.
"""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

# Of the static list, those that are words, in the order in which they are taken.
_WORDS = """
    key value index start stop step count items sep end keys values args copy get find read write
    send sort split join pop next insert append remove reverse replace extend close clear format
    update setdefault throw strip upper lower little main map object bytecode const locals iter
    lstrip rstrip rfind rindex rsplit startswith endswith isalpha isdigit islower isspace isupper
    popitem readinto readline to_bytes from_bytes builtins micropython abs all any bool bytearray
    bytes callable chr classmethod dict dir divmod eval exec getattr globals hasattr hash id int
    isinstance issubclass len list open ord pow print range repr round set setattr sorted
    staticmethod str sum super tuple type zip
"""
STATIC = tuple(_WORDS.split())
_PRIVATE = re.compile(r"_[a-z]\w*")
_Function = ast.FunctionDef | ast.Lambda
_Places = dict[tuple[int, int], tuple[str, str]]  # line and column in bytes -> old and new name


@cache  # a fleet of emulated tokens is built of the same modules
def shortened(sources: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    """Give the texts of modules, dotted name and text, with other names; the lines stay where they
    are. They are all that a token has, for it is by them that names are seen to be free."""
    modules = {name: _read(source) for name, source in sources}
    keywords = frozenset(word for module in modules.values() for word in module.keywords)
    attributes = _attributes(modules)
    texts = {}
    for name, source in sources:
        places = _attribute_places(modules[name], attributes[name])
        texts[name] = _replaced(source, places | _parameter_places(source, keywords))
    return texts


@dataclass
class _Module:
    """What a module has of names."""

    tree: ast.Module
    attributes: set[str]  # behind a dot
    stored: set[str]  # of those, the ones that are given a value
    others: set[str]  # all others, and texts, by which an attribute could be asked for
    keywords: set[str]  # by which arguments are given
    parents: set[str]  # modules that have classes from which its own are derived


@cache
def _read(source: bytes) -> _Module:
    """Find the names of a module's text."""
    tree = ast.parse(source)
    found = _Module(tree, set(), set(), set(), set(), set())
    origins: dict[str, str] = {}
    bases: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.attributes.add(node.attr)
            if isinstance(node.ctx, ast.Store):
                found.stored.add(node.attr)
        elif isinstance(node, ast.keyword):
            found.keywords.add(node.arg or "")
        else:
            found.others.update(_other_names(node))
            if isinstance(node, ast.ImportFrom):
                origins |= {each.asname or each.name: node.module or "" for each in node.names}
            elif isinstance(node, ast.ClassDef):
                bases |= {base.id for base in node.bases if isinstance(base, ast.Name)}
    found.parents = {origins[base] for base in bases & set(origins)}
    return found


def _other_names(node: ast.AST) -> tuple[str, ...]:
    """Give the names in a node that are not behind a dot, and its text."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Constant):
        return (node.value,) if isinstance(node.value, str) else ()
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.alias):
        return (*node.name.split("."), node.asname or "")
    return ()


def _families(modules: Mapping[str, _Module]) -> dict[str, str]:
    """Give module -> a module that stands for all whose classes are derived from each other."""
    family = {name: name for name in modules}
    for name, module in modules.items():
        for parent in module.parents & set(modules):
            old, new = family[name], family[parent]
            family = {each: new if of == old else of for each, of in family.items()}
    return family


def _attributes(modules: Mapping[str, _Module]) -> dict[str, dict[str, str]]:
    """Give module -> old -> new name of the private attributes that only objects of its family's
    classes have: two attributes of one object have two names."""
    family = _families(modules)
    together: dict[str, list[_Module]] = defaultdict(list)
    for name, module in modules.items():
        together[family[name]].append(module)
    taken = {word for module in modules.values() for word in module.attributes}
    for module in modules.values():
        for node in ast.walk(module.tree):  # methods, and what could be asked for by a text
            if isinstance(node, ast.FunctionDef | ast.Constant):
                taken.update(_other_names(node))
    free = [name for name in STATIC if name not in taken]
    private: dict[str, list[str]] = {}
    strange: set[str] = set()  # asked of an object of another family
    for of, members in together.items():
        stored = {word for module in members for word in module.stored}
        others = {word for module in members for word in module.others}
        used = sorted({word for module in members for word in module.attributes})
        found = [word for word in used if _PRIVATE.fullmatch(word)]
        private[of] = [word for word in found if word in stored and word not in others]
        strange |= {word for word in found if word not in stored}
    return {
        name: dict(zip((word for word in private[of] if word not in strange), free, strict=False))
        for name, of in family.items()
    }


def _attribute_places(module: _Module, new: Mapping[str, str]) -> _Places:
    return {
        (node.end_lineno or 0, (node.end_col_offset or 0) - len(node.attr.encode())): (
            node.attr,
            new[node.attr],
        )
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in new
    }


@cache
def _parameter_places(source: bytes, keywords: frozenset[str]) -> _Places:
    tree = _read(source).tree
    fixed = {"self", *keywords, *dir(builtins), *_module_names(tree)}
    places: _Places = {}
    for function in _outermost(tree):
        nodes = list(ast.walk(function))
        new = _new_parameters(nodes, fixed)
        for node in nodes:
            name = node.id if isinstance(node, ast.Name) else getattr(node, "arg", "")
            if name in new and isinstance(node, ast.Name | ast.arg):
                places[node.lineno, node.col_offset] = name, new[name]
    return places


def _module_names(tree: ast.Module) -> set[str]:
    """Give the names that a module's functions and classes see outside of themselves."""
    found: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        if not isinstance(node, _Function):
            pending += ast.iter_child_nodes(node)
    return found


def _outermost(node: ast.AST) -> Iterator[_Function]:
    """Give the functions that lie in no other function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _outermost(child)


def _new_parameters(nodes: Iterable[ast.AST], fixed: set[str]) -> dict[str, str]:
    """Give old -> new name for the parameters of a function and of those in it, by their nodes; a
    name means the same in all of it."""
    parameters: dict[str, None] = {}
    used: set[str] = set()
    kept = set(fixed)
    for node in nodes:
        used.update(_other_names(node))
        if isinstance(node, ast.arguments):
            parameters |= dict.fromkeys(each.arg for each in (*node.posonlyargs, *node.args))
        elif isinstance(node, ast.Global | ast.Nonlocal):
            kept.update(node.names)
        elif isinstance(node, ast.ExceptHandler):
            kept.add(node.name or "")
        elif isinstance(node, ast.alias):
            kept.update(_other_names(node))
    free = [name for name in STATIC if name not in used | kept]
    return dict(zip((name for name in parameters if name not in kept), free, strict=False))


def _replaced(source: bytes, places: _Places) -> bytes:
    lines = source.splitlines(keepends=True)
    for (line, column), (old, new) in sorted(places.items(), reverse=True):
        text = lines[line - 1]
        end = column + len(old.encode())
        if text[column:end] != old.encode():
            raise ValueError(f"line {line}: {old} is not where Python says")
        lines[line - 1] = text[:column] + new.encode() + text[end:]
    return b"".join(lines)

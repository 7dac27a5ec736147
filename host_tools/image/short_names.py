"""Gives what the firmware names itself names that every MicroPython has.

MicroPython looks each name of a module up among all others when it loads the module, from files
that is a third of the time to a kodeoplaeser's first code, and keeps it for good. Names of the
static list in its py/makeqstrdata.py are numbers in a .mpy file and cost nothing.

Parameters and private attributes have them in every build. No traceback tells the difference, as it
has names of functions and lines. A production build shows none: there private methods have them
too, and what modules define. What is asked for by a text, or given by keyword, keeps its name; so
do errors, whose names the link tells, and all that a module of machine code has or asks for, as the
emulator takes a form of its own of it.
"""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

# Of the static list, those that are words, in the order in which they are taken. The compiler has a
# meaning of its own for others: bool, const, int, micropython, object, range, super.
_WORDS = """
    key value index start stop step count items sep end keys values args copy get find read write
    send sort split join pop next insert append remove reverse replace extend close clear format
    update setdefault throw strip upper lower little main map bytecode locals iter lstrip rstrip
    rfind rindex rsplit startswith endswith isalpha isdigit islower isspace isupper popitem readinto
    readline to_bytes from_bytes builtins abs all any bytearray bytes callable chr classmethod dict
    dir divmod eval exec getattr globals hasattr hash id isinstance issubclass len list open ord pow
    print repr round set setattr sorted staticmethod str sum tuple type zip
"""
STATIC = tuple(_WORDS.split())
_PRIVATE = re.compile(r"_[A-Za-z]\w*")
_Function = ast.FunctionDef | ast.Lambda
_Home = tuple[str, tuple[str, ...]]  # a name, and the modules in which it is to be replaced
_Places = dict[tuple[int, int], tuple[str, str]]  # line and column in bytes -> old and new name


@cache  # a fleet of emulated tokens is built of the same modules
def shortened(sources: tuple[tuple[str, bytes], ...], production: bool) -> dict[str, bytes]:
    """Give the texts of modules, dotted name and text, with other names; the lines stay where they
    are. They are all that a token has, for it is by them that names are seen to be free."""
    texts = dict(sources)
    if production:
        texts = _with_other_globals(texts)
    modules = {name: _read(source) for name, source in texts.items()}
    keywords = frozenset(_all(modules.values(), "keywords"))
    attributes = _attributes(modules, production)
    return {
        name: _replaced(
            source,
            _places(_attribute_nodes(modules[name].nodes), attributes[name])
            | _parameter_places(source, keywords),
        )
        for name, source in texts.items()
    }


@dataclass
class _Module:
    """What a module has of names."""

    tree: ast.Module
    nodes: list[ast.AST]  # all in the tree
    attributes: set[str] = field(default_factory=set)  # behind a dot
    stored: set[str] = field(default_factory=set)  # of those, the ones that are given a value
    foreign: set[str] = field(default_factory=set)  # and those of what is imported
    members: set[str] = field(default_factory=set)  # that a class's body defines
    defined: set[str] = field(default_factory=set)  # that the module does
    others: set[str] = field(default_factory=set)  # all but attributes and members
    kept: set[str] = field(default_factory=set)  # of those, the ones that have to stay
    texts: set[str] = field(default_factory=set)  # by which something could be asked for
    keywords: set[str] = field(default_factory=set)  # by which arguments are given
    origins: dict[str, str] = field(default_factory=dict)  # imported name -> its module
    parents: set[str] = field(default_factory=set)  # modules that have classes of which its are


@cache
def _read(source: bytes) -> _Module:
    """Find the names of a module's text."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    found = _Module(tree, nodes)
    types = {each for node in nodes for each in _types(node)}
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    members = {node for each in classes for node in _defined(each)}
    imported = {
        name for node in nodes if isinstance(node, ast.alias) for name in _other_names(node)
    }
    found.members = {_place(node)[0] for node in members}
    found.defined = {_place(node)[0] for node in _defined(tree)}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found.attributes.add(node.attr)
            if isinstance(node.ctx, ast.Store):
                found.stored.add(node.attr)
            if isinstance(node.value, ast.Name) and node.value.id in imported:
                found.foreign.add(node.attr)
        elif isinstance(node, ast.keyword):
            found.keywords.add(node.arg or "")
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node not in types:
                found.texts.add(node.value)
        elif node not in members:
            found.others.update(_other_names(node))
            found.kept.update(_names_to_keep(node))
            if isinstance(node, ast.ImportFrom):
                found.origins |= {
                    each.asname or each.name: node.module or "" for each in node.names
                }
    if any(isinstance(node, ast.FunctionDef) and node.decorator_list for node in tree.body):
        # Machine code: the emulator has a form of its own of the module.
        found.kept |= {word for word in found.others if not _PRIVATE.fullmatch(word)}
    bases = {base.id for each in classes for base in each.bases if isinstance(base, ast.Name)}
    found.parents = {found.origins[base] for base in bases & set(found.origins)}
    return found


def _all(modules: Iterable[_Module], *kinds: str) -> set[str]:
    """Give all names of these kinds."""
    return {word for module in modules for kind in kinds for word in getattr(module, kind)}


def _defined(body: ast.Module | ast.ClassDef) -> Iterator[ast.AST]:
    """Give the nodes with the names that a module or a class defines for others."""
    for node in body.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _given_a_value(node)


def _given_a_value(node: ast.stmt) -> Iterator[ast.Name]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each


def _types(node: ast.AST) -> Iterator[ast.AST]:
    """Give the nodes of a function's or variable's types, which the compiler leaves out."""
    for name in ("annotation", "returns"):
        if types := getattr(node, name, None):
            yield from ast.walk(types)


def _other_names(node: ast.AST) -> tuple[str, ...]:
    """Give the names in a node that are not behind a dot."""
    if isinstance(node, ast.alias):
        return (*node.name.split("."), node.asname or "")
    if isinstance(node, ast.Attribute):
        return ()
    return (_place(node)[0],)


def _names_to_keep(node: ast.AST) -> Iterator[str]:
    """Give the names in a node that stand where no node of their own tells, of which the compiler
    puts the value in their place, or that somebody outside of the token knows."""
    match node:
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.Import(names=aliases):
            yield from (name for each in aliases for name in _other_names(each))
        case ast.alias(asname=str()):
            yield from _other_names(node)
        case ast.Assign(value=ast.Call(func=ast.Name(id="const"))):
            yield from (each.id for each in _given_a_value(node))
        case ast.ClassDef(name=name) if name.endswith("Error"):
            yield name


def _families(modules: Mapping[str, _Module]) -> dict[str, tuple[str, ...]]:
    """Give module -> all whose classes are derived from each other."""
    family = {name: name for name in modules}
    for name, module in modules.items():
        for parent in module.parents & set(modules):
            old, new = family[name], family[parent]
            family = {each: new if of == old else of for each, of in family.items()}
    together: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for name, of in family.items():
        together[of] += (name,)
    return {name: together[of] for name, of in family.items()}


def _strange(modules: Mapping[str, _Module]) -> set[str]:
    """Give the private names that are asked of an object of another family, or of a module."""
    families = _families(modules)
    return {
        word
        for name, module in modules.items()
        for word in module.foreign
        | module.attributes - _all((modules[each] for each in families[name]), "stored", "members")
        if _PRIVATE.fullmatch(word)
    }


def _with_other_globals(texts: dict[str, bytes]) -> dict[str, bytes]:
    """Give the texts of modules with other names of what these define: of what is private in each
    module by itself, of all else the same wherever it is used."""
    modules = {name: _read(source) for name, source in texts.items()}
    # A builtin's name first, as no parameter has it.
    free = [word for word in reversed(STATIC) if word not in _parts(modules)]
    used = {name: module.others | module.members for name, module in modules.items()}
    new = _assigned(_homes(modules), used, free)
    return {
        name: _replaced(source, _places(_other_nodes(modules[name].nodes), new[name]))
        for name, source in texts.items()
    }


def _parts(modules: Iterable[str]) -> set[str]:
    """Give the names that modules have in their packages."""
    return {part for name in modules for part in name.split(".")}


def _homes(modules: Mapping[str, _Module]) -> set[_Home]:
    """Give the names that modules define and nobody asks for in another way, each with all modules
    in which it is to be replaced."""
    every = modules.values()
    kept = _all(every, "texts", "keywords") | _strange(modules) | _parts(modules)
    kept |= set(dir(builtins))
    own = {name.split(".")[0] for name in modules}
    public = _all(every, "attributes", "members", "kept") | {
        word
        for module in every
        for word, origin in module.origins.items()
        if origin.split(".")[0] not in own
    }
    imported = _all(every, "origins")
    homes = set()
    for name, module in modules.items():
        for word in module.defined - kept:
            if not _PRIVATE.fullmatch(word):
                if word not in public and not word.startswith("_"):
                    homes.add((word, tuple(of for of in modules if word in modules[of].others)))
            elif word not in module.kept | module.members | imported:
                homes.add((word, (name,)))
    return homes


def _attributes(modules: Mapping[str, _Module], production: bool) -> dict[str, dict[str, str]]:
    """Give module -> old -> new name of the private attributes, and in a production build methods,
    that only objects of its family's classes have: two of one object have two names."""
    taken = _all(modules.values(), "attributes", "members", "texts")
    kept = _all(modules.values(), "texts") | _strange(modules)
    words = (*STATIC, *sorted(_parts(modules)))  # a token has those of its modules anyway
    used: dict[str, set[str]] = {}
    homes: set[_Home] = set()
    for name, names in _families(modules).items():
        family = [modules[each] for each in names]
        members, others = _all(family, "members"), _all(family, "others")
        own = _all(family, "stored") | members if production else _all(family, "stored") - members
        homes |= {(word, names) for word in own - kept - others if _PRIVATE.fullmatch(word)}
        used[name] = others  # a class's body would find a method in place of a global of that name
    return _assigned(homes, used, [word for word in words if word not in taken])


def _assigned(
    homes: Iterable[_Home], used: dict[str, set[str]], free: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Give module -> old -> new name: the first of the `free` ones that no module where it is to be
    replaced has in use."""
    new: dict[str, dict[str, str]] = {name: {} for name in used}
    for old, names in sorted(homes, key=lambda home: (-len(home[1]), home)):
        taken = {word for name in names for word in used[name]}
        if word := next((word for word in free if word not in taken), None):
            for name in names:
                used[name].add(word)
                new[name][old] = word
    return new


def _attribute_nodes(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Give the nodes of attributes, and of what classes' bodies define."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _defined(node)


def _other_nodes(nodes: list[ast.AST]) -> set[ast.AST]:
    """Give all the others."""
    return set(nodes) - set(_attribute_nodes(nodes))


def _place(node: ast.AST) -> tuple[str, int, int]:
    """Give the name in a node, or "", its line and column in bytes."""
    match node:
        case ast.Attribute(attr=name):
            return name, node.end_lineno or 0, (node.end_col_offset or 0) - len(name.encode())
        case ast.FunctionDef(name=name):
            return name, node.lineno, node.col_offset + len("def ")
        case ast.ClassDef(name=name):
            return name, node.lineno, node.col_offset + len("class ")
        case ast.Name(id=name) | ast.arg(arg=name) | ast.alias(name=name):
            return name, node.lineno, node.col_offset
    return "", 0, 0


def _places(nodes: Iterable[ast.AST], new: Mapping[str, str]) -> _Places:
    """Give the places at which these nodes have names to be replaced."""
    found = map(_place, nodes)
    return {(line, column): (name, new[name]) for name, line, column in found if name in new}


@cache
def _parameter_places(source: bytes, keywords: frozenset[str]) -> _Places:
    tree = _read(source).tree
    fixed = {"self", *keywords, *dir(builtins), *_module_names(tree)}
    places: _Places = {}
    for function in _outermost(tree):
        nodes = list(ast.walk(function))
        new = _new_parameters(nodes, fixed)
        places |= _places((node for node in nodes if isinstance(node, ast.Name | ast.arg)), new)
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
        elif isinstance(node, ast.alias):
            kept.update(_other_names(node))
        elif isinstance(node, ast.Global | ast.Nonlocal | ast.ExceptHandler):
            kept.update(_names_to_keep(node))
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

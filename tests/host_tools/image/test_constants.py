"""What the image build makes a module's own constants, which the compiler writes where they are
used, and of the link's, which it writes itself. Nothing else changes."""

import ast
from pathlib import Path

import pytest

from firmware.protocol import messages
from host_tools.image.constants import folded
from host_tools.image.dependencies import FIRMWARE

MODULES = sorted(FIRMWARE.rglob("*.py"))


def constants(source: str) -> list[str]:
    """Give the lines that have become constants; all others stay as they are."""
    after = folded(source.encode()).decode()
    pairs = list(zip(source.splitlines(), after.splitlines(), strict=True))
    return [new for old, new in pairs if new != old]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("_SIZE = 16  # bytes\n", "_SIZE = const(16)  # bytes"),
        ("_SIZE = -(1 << 29)\n", "_SIZE = const(-(1 << 29))"),
        ("_OFF = 'off'\n", "_OFF = const('off')"),
        ("_A = 'å'; _SIZE = 3\n", "_A = const('å'); _SIZE = 3"),
    ],
)
def test_integers_and_short_texts_become_constants(source: str, line: str):
    assert constants(source) == [line]


def test_a_constant_may_be_made_of_earlier_ones():
    assert constants("_A = 4\n_B = 2 * _A\n") == ["_A = const(4)", "_B = const(2 * _A)"]


@pytest.mark.parametrize(
    "source",
    [
        "SIZE = 16\n",  # others may import it
        "_size = 16\n",
        "_SIZE = 1 << 30\n",
        "_NAME = 'longer than ten'\n",
        "_NAME = 'a' + 'b'\n",
        "_SIZE = len('abc')\n",
        "_SIZE = 16\n_SIZE = 17\n",
        "_SIZE = 16\ndef grow():\n    global _SIZE\n    _SIZE += 1\n",
        "_SIZE = 16\ndef grow(_SIZE):\n    return _SIZE\n",
        "_ON = True\n",
        "_A, _B = 1, 2\n",
        "_SIZE = (16 +\n 1)\n",
    ],
)
def test_all_else_stays(source: str):
    assert constants(source) == []


def test_the_links_constants_stand_where_they_are_used():
    source = """from firmware.protocol import messages
from firmware.protocol.messages import (
    MAX_TIME as LAST,
    PROLOGUE,
)
x = messages.WIPE, messages.DIGITS, PROLOGUE
y = LAST
"""
    after = """pass
pass



x = 14, (6, 7, 8), b'kodebrik/1'
y = 7258118399
"""
    assert folded(source.encode()).decode() == after


@pytest.mark.parametrize(
    "use",
    [
        "x = messages",
        "x = messages.OPERATIONS",  # no constant
        "x = getattr(messages, name)",
        "x = messages.NONE_OF_THAT_NAME",
        "messages.WIPE = 3",
        "messages = other\nx = messages.WIPE",
        "def f(messages): return messages.WIPE",
        "from firmware.protocol import messages, cbor\nx = messages.WIPE",
    ],
)
def test_a_module_that_uses_them_in_another_way_imports_them(use: str):
    source = f"from firmware.protocol import messages\ny = messages.WIPE\n{use}\n"
    assert b"from firmware.protocol import messages" in folded(source.encode())
    assert constants(source) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_firmware_says_the_same(path: Path):
    """But for const(), which MicroPython's compiler takes away, and the link's constants."""

    class Without(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:
            self.generic_visit(node)
            const = isinstance(node.func, ast.Name) and node.func.id == "const"
            return node.args[0] if const else node

    class Known(ast.NodeTransformer):
        def __init__(self) -> None:
            self.names: set[str] = set()

        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
            names = {alias.name for alias in node.names}
            if node.module == "firmware.protocol.messages":
                self.names |= names
            taken = names in ({"messages"}, {"const"}) or names <= self.names
            return ast.Pass() if taken else node

        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            if isinstance(node.value, ast.Name) and node.value.id == "messages":
                return ast.parse(repr(getattr(messages, node.attr)), mode="eval").body
            return self.generic_visit(node)

        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id not in self.names:
                return node
            return ast.parse(repr(getattr(messages, node.id)), mode="eval").body

    before = Known().visit(ast.parse(path.read_bytes()))
    after = ast.parse(folded(path.read_bytes()))
    assert ast.dump(Without().visit(before)) == ast.dump(Without().visit(after))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_of_the_firmware_imports_the_links_constants(path: Path):
    imported = {
        name
        for node in ast.walk(ast.parse(folded(path.read_bytes())))
        if isinstance(node, ast.ImportFrom)
        for name in (node.module, *(alias.name for alias in node.names))
    }
    assert not imported & {"messages", "firmware.protocol.messages"}


def test_no_module_uses_another_ones_constants():
    own = {
        f"{path.stem}.{target.id}"
        for path in MODULES
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.startswith("_") and target.id.isupper()
    }
    assert len(own) > 200
    used = {
        f"{module}.{name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        for module, name in _used(node)
    }
    assert used & own == set()


def _used(node: ast.AST) -> list[tuple[str, str]]:
    """Give the (module, name) pairs that a statement or expression takes."""
    if isinstance(node, ast.ImportFrom) and node.module:
        return [(node.module.rpartition(".")[2], name.name) for name in node.names]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return [(node.value.id, node.attr)]
    return []

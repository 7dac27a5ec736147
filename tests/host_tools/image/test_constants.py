"""What the image build makes a module's own constants: the compiler writes them where they are
used, and nothing else changes."""

import ast
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_firmware_says_the_same(path: Path):
    """But for const(), which MicroPython's compiler takes away."""

    class Without(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:
            self.generic_visit(node)
            const = isinstance(node.func, ast.Name) and node.func.id == "const"
            return node.args[0] if const else node

    before, after = (
        ast.dump(Without().visit(ast.parse(source)))
        for source in (path.read_bytes(), folded(path.read_bytes()))
    )
    assert before == after


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

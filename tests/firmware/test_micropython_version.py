"""The emulator's MicroPython is newer than the boards' 1.28: docs/emulator.md lists what differs
in the language. Each row is tried, and the firmware uses none of it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import firmware
from emulator.mcu.vm import find_vm

FIRMWARE = Path(firmware.__file__).parent
PAGE = FIRMWARE.parent / "docs/emulator.md"
ROW = re.compile(
    r"^\| `(?P<expression>[^|]+)` \| `(?P<boards>[^|]+)` \| `(?P<package>[^|]+)` \|$", re.M
)
ROWS = [match.groups() for match in ROW.finditer(PAGE.read_text())]

# Functions that use what one of the two interpreters lacks, one of each kind.
PLANTED = """
data.find(98)
data.rindex(-1)
number.to_bytes(4, "big", True)
number.to_bytes(4, "big", signed=True)
pow(base, exponent, None)
call(key=1, *rest)
SIZE: int = const(4)
class Pair(tuple): pass
"""


def said(expression: str) -> str:
    """Give an expression's value, or its exception's name, on the emulator's MicroPython."""
    program = (
        f"try: print(repr(eval({expression!r})))\n"
        "except Exception as error: print(type(error).__name__)"
    )
    _, command = find_vm()
    ran = subprocess.run([*command, "-c", program], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def version() -> tuple[int, int]:
    major, minor = ast.literal_eval(said("__import__('sys').implementation[1][:2]"))
    return major, minor


def differs(node: ast.AST) -> bool:
    """Tell whether a piece of a program is one that the two interpreters run differently.

    A search for a byte by its value shows only where the value is written out; what negative
    numbers do in `to_bytes` shows in the tests of those who call it.
    """
    match node:
        case ast.ClassDef():
            return any(ast.unparse(base) == "tuple" for base in node.bases)
        case ast.AnnAssign(value=ast.Call(func=ast.Name("const"))):
            return True
        case ast.Call():
            return call_differs(node)
    return False


def call_differs(call: ast.Call) -> bool:
    """Tell it of a call."""
    if any(
        keyword.value.col_offset < argument.col_offset
        for argument in call.args
        if isinstance(argument, ast.Starred)
        for keyword in call.keywords
    ):
        return True
    arguments = [ast.unparse(argument) for argument in call.args]
    match getattr(call.func, "attr", getattr(call.func, "id", "")):
        case "find" | "rfind" | "index" | "rindex":
            return bool(arguments) and arguments[0].removeprefix("-").isdecimal()
        case "to_bytes":
            return len(arguments) > 2 or any(k.arg == "signed" for k in call.keywords)
        case "pow":
            return arguments[2:] == ["None"]
    return False


def test_the_page_says_which_versions_there_are():
    assert version() in ((1, 28), (1, 29)), "list the differences of this version in the page"


@pytest.mark.parametrize(("expression", "boards", "package"), ROWS)
def test_a_difference_is_as_the_page_says(expression: str, boards: str, package: str):
    assert said(expression) == (boards if version() == (1, 28) else package)


def test_the_page_has_its_table():
    assert len(ROWS) >= 6


@pytest.mark.parametrize("line", PLANTED.strip().splitlines())
def test_a_use_of_a_difference_is_found(line: str):
    assert any(map(differs, ast.walk(ast.parse(line))))


def test_the_firmware_uses_no_difference():
    found = [
        f"{path.relative_to(FIRMWARE)}:{node.lineno}"
        for path in sorted(FIRMWARE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if differs(node)
    ]
    assert found == []

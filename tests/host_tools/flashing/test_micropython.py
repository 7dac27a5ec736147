"""The MicroPython file that a user gives: the official one is taken, and each wrong one has an
error of its own that says what to get."""

import pytest

from host_tools.errors import KodebrikError
from host_tools.flashing import esp_image, micropython, uf2
from host_tools.image.image import load_board
from tests.support.flashing import official

RP2 = [(board, *file) for board in ("pico", "pico2") for file in official.files(board)]
ESP32 = [("esp32_s3", *file) for file in official.files("esp32_s3")]


@pytest.mark.parametrize(("board", "name", "data"), RP2 + ESP32, ids=lambda value: str(value)[:30])
def test_an_official_file_is_taken(board, name, data):
    found = micropython.check(data, load_board(board))
    assert found.version.startswith("1.28.")
    assert found.machine == official.MACHINES[board]
    assert found.date.startswith("20"), name
    assert found.content == data


def test_what_the_file_says_is_given():
    found = micropython.check(official.stand_in("pico2"), load_board("pico2"))
    assert (found.version, found.date) == ("1.28.0", "2026-04-06")
    assert found.guard == official.END_OF_WINDOW
    assert min(found.pages) == 0x10000000
    assert micropython.check(official.stand_in("pico"), load_board("pico")).guard is None


ARDUINO = official.uf2(official.program(60_000, "Arduino", "Hello v1.2.3"), uf2.RP2040)
CIRCUIT_PYTHON = official.uf2(
    official.program(
        60_000, "Adafruit CircuitPython 10.0.3 on 2025-10-17; Raspberry Pi Pico with rp2040"
    ),
    uf2.RP2040,
)
TOO_LARGE = official.rp2("pico", size=640 * 1024 + 256)
IN_RAM = official.uf2(
    official.program(9_000, official.VERSION, official.MACHINES["pico"]), uf2.RP2040, 0x20000000
)
RISC_V = official.uf2(official.program(9_000), 0xE48BFF5A)


@pytest.mark.parametrize(
    ("board", "data", "identifier", "says"),
    [
        ("pico", b"<!DOCTYPE html>", "flash-no-micropython", "not MicroPython"),
        ("pico", official.rp2("pico")[:200_000], "uf2-truncated", "390 of"),
        ("pico", ARDUINO, "flash-no-micropython", "not MicroPython"),
        ("pico", CIRCUIT_PYTHON, "flash-no-micropython", "not MicroPython"),
        ("pico", official.rp2("pico2"), "flash-micropython-chip", "RP2350, but"),
        ("pico2", official.rp2("pico"), "flash-micropython-chip", "RP2040, but"),
        ("pico2", RISC_V, "flash-micropython-chip", "RISC-V"),
        ("pico", official.uf2(bytes(5000), 0x12345678), "flash-micropython-chip", "0x12345678"),
        (
            "pico",
            official.rp2("pico", machine="Raspberry Pi Pico W with RP2040"),
            "flash-micropython-board",
            "Raspberry Pi Pico W",
        ),
        (
            "pico2",
            official.rp2("pico2", machine="Raspberry Pi Pico 2 W with RP2350"),
            "flash-micropython-board",
            "Raspberry Pi Pico 2 W",
        ),
        (
            "pico",
            official.rp2("pico", "v1.25.0 on 2025-04-15"),
            "flash-micropython-version",
            "1.25",
        ),
        (
            "pico",
            official.rp2("pico", "v1.28.0-preview.12.g0123abcd on 2026-02-01"),
            "flash-micropython-version",
            "preview",
        ),
        ("pico", TOO_LARGE, "flash-micropython-overlap", "0x100A1000"),
        ("pico", IN_RAM, "flash-micropython-overlap", "0x20000000"),
        ("esp32_s3", official.rp2("pico"), "esp-image-none", "no image"),
        ("esp32_s3", b"", "esp-image-none", "no image"),
        ("esp32_s3", official.esp32_s3(chip=2), "flash-micropython-chip", "ESP32-S2, but"),
        ("esp32_s3", official.esp32_s3(chip=77), "flash-micropython-chip", "77, but"),
        (
            "esp32_s3",
            official.esp_program(9, official.program(40_000)),
            "esp-image-program-alone",
            "alone",
        ),
        ("esp32_s3", official.esp32_s3()[:500_000], "esp-image-truncated", "500000 bytes"),
        ("esp32_s3", official.esp32_s3()[:0x10004], "esp-image-truncated", "65540 bytes"),
        ("esp32_s3", official.esp32_s3()[:-1], "esp-image-truncated", "least"),
        (
            "esp32_s3",
            official.esp32_s3().replace(b"MicroPython v1", b"MicroPython v2"),
            "esp-image-damaged",
            "checksum",
        ),
        (
            "esp32_s3",
            official.esp32_s3()[:0x10000] + b"\xff" + official.esp32_s3()[0x10001:],
            "esp-image-damaged",
            "checksum",
        ),
        ("esp32_s3", official.esp32_s3(factory=0x3F0000), "esp-image-file-system", "0x400000"),
        (
            "esp32_s3",
            official.esp32_s3(vfs=(0x300000, 0x500000)),
            "esp-image-file-system",
            "0x300000",
        ),
        ("esp32_s3", official.esp32_s3() + bytes(0x200000), "esp-image-file-system", "0x3"),
        (
            "esp32_s3",
            official.esp32_s3("v1.27.0 on 2025-12-09"),
            "flash-micropython-version",
            "1.27.0",
        ),
        (
            "esp32_s3",
            official.esp32_s3(machine="Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"),
            "flash-micropython-board",
            "Octal",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_wrong_file_has_its_error(board, data, identifier, says):
    with pytest.raises(KodebrikError) as raised:
        micropython.check(data, load_board(board))
    assert raised.value.identifier == identifier
    assert says in raised.value.message
    build = load_board(board)["micropython"]
    own_advice = identifier == "uf2-truncated"
    assert own_advice or f"{build}-YYYYMMDD-v1.28.0" in raised.value.hint


def test_a_vfs_partition_in_the_table_is_taken():
    data = official.esp32_s3(vfs=(0x200000, 0x600000))
    assert micropython.check(data, load_board("esp32_s3")).version == "1.28.0"
    assert [part.label for part in esp_image.partitions(data)][-1] == "vfs"


def test_a_later_fix_of_the_same_release_is_taken():
    data = official.rp2("pico", "v1.28.2 on 2026-09-01")
    assert micropython.check(data, load_board("pico")).version == "1.28.2"


@pytest.mark.parametrize("board", official.BUILDS)
def test_without_a_file_one_sentence_says_which_to_get(board):
    error = micropython.missing(load_board(board))
    suffix = "bin" if board == "esp32_s3" else "uf2"
    assert f"{official.BUILDS[board]}-YYYYMMDD-v1.28.0.{suffix}" in error.message
    assert error.message.count(". ") == 0

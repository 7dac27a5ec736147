"""The NOR flash: its rules against a model, wear, timing, and power cuts at its operations."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import FlashFailureError, FlashRuleError
from emulator.mcu.flash import ERASE_US, PAGE, PROGRAM_US, Flash

SIZE, BLOCK = 8192, 4096


@pytest.fixture
def flash(tmp_path: Path) -> Iterator[Flash]:
    flash = Flash(tmp_path / "flash", SIZE, BLOCK, seed=1)
    yield flash
    flash.close()


operations = st.one_of(
    st.tuples(st.just(None), st.integers(0, 1)),
    st.tuples(st.binary(min_size=1, max_size=PAGE), st.integers(0, SIZE // PAGE - 1)),
)


@given(st.lists(operations, max_size=25))
def test_programming_clears_bits_and_only_erasing_sets_them(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bytes | None, int]]
) -> None:
    flash = Flash(tmp_path_factory.mktemp("flash") / "flash", SIZE, BLOCK, seed=1)
    model, wear = bytearray(b"\xff" * SIZE), [0, 0]
    for data, place in steps:
        if data is None:
            flash.erase(place * BLOCK)
            model[place * BLOCK : (place + 1) * BLOCK] = b"\xff" * BLOCK
            wear[place] += 1
        else:
            at = place * PAGE
            if all(new & was == new for new, was in zip(data, model[at:], strict=False)):
                flash.program(at, data)
                model[at : at + len(data)] = data
            else:
                with pytest.raises(FlashRuleError, match="erased first"):
                    flash.program(at, data)
    assert flash.read(0, SIZE) == model
    assert flash.wear == wear
    flash.close()


@pytest.mark.parametrize("address", [-1, SIZE - 1, SIZE])
def test_programming_outside_of_the_flash_is_an_error(flash: Flash, address: int) -> None:
    with pytest.raises(FlashRuleError, match="outside"):
        flash.program(address, b"ab")


def test_erasing_the_middle_of_a_block_is_an_error(flash: Flash) -> None:
    with pytest.raises(FlashRuleError, match="start of a block"):
        flash.erase(256)


def test_one_operation_is_a_page_or_a_block_and_takes_the_data_sheets_time(flash: Flash) -> None:
    times: list[int] = []
    flash.spend = lambda us: times.append(us) is None
    flash.program(200, bytes(400))  # touches pages 0, 1 and 2
    flash.erase(0)
    assert times == [PROGRAM_US] * 3 + [ERASE_US]
    assert flash.operations == 4


@pytest.mark.parametrize(("mode", "programmed"), [("before", 1), ("after", 2)])
def test_power_fails_before_or_after_the_operation(
    flash: Flash, mode: str, programmed: int
) -> None:
    cuts: list[int] = []
    flash.on_cut = lambda: cuts.append(flash.operations)
    flash.cut_at(2, mode)
    flash.program(0, bytes(3 * PAGE))
    assert cuts == [2]
    assert flash.read(0, 3 * PAGE) == bytes(programmed * PAGE) + b"\xff" * (3 - programmed) * PAGE


def test_a_torn_program_clears_some_of_the_bits_chosen_by_the_seed(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        flash = Flash(tmp_path / name, SIZE, BLOCK, seed=1)
        flash.cut_at(1, "torn")
        flash.program(0, bytes(PAGE))
        contents.append(flash.read(0, PAGE))
        flash.close()
    assert contents[0] == contents[1]
    assert bytes(PAGE) != contents[0] != b"\xff" * PAGE


def test_a_torn_erase_leaves_a_mixture(flash: Flash) -> None:
    flash.program(0, bytes(BLOCK))
    flash.cut_at(1, "torn")
    flash.erase(0)
    assert bytes(BLOCK) != flash.read(0, BLOCK) != b"\xff" * BLOCK
    assert flash.read(BLOCK, BLOCK) == b"\xff" * BLOCK


def test_a_cut_can_be_cancelled(flash: Flash) -> None:
    flash.on_cut = lambda: pytest.fail("power was cut")
    flash.cut_at(1, "before")
    flash.cancel_cut()
    flash.program(0, b"x")
    assert flash.read(0, 1) == b"x"


@pytest.mark.parametrize(("operation", "mode"), [(0, "before"), (1, "sideways")])
def test_an_invalid_power_cut_is_refused(flash: Flash, operation: int, mode: str) -> None:
    with pytest.raises(ValueError, match=r"counted from 1|comes before"):
        flash.cut_at(operation, mode)


def test_an_image_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only 8192"):
        Flash(tmp_path / "flash", SIZE, BLOCK, 0, image=bytes(SIZE + 1))


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flash").write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes"):
        Flash(tmp_path / "flash", SIZE, BLOCK, 0)


def test_operations_fail_from_the_given_one_on(flash: Flash) -> None:
    flash.program(0, b"\xf0")
    flash.fail(2, 2)
    flash.program(1, b"\xf0")
    for _ in range(2):
        with pytest.raises(FlashFailureError):
            flash.program(2, b"\xf0")
    flash.program(2, b"\xf0")
    assert flash.read(0, 4) == b"\xf0\xf0\xf0\xff"


def test_worn_cells_keep_what_they_held_and_say_nothing(flash: Flash) -> None:
    flash.program(0, b"\xf0")
    flash.fail(1, 1, silently=True)
    flash.erase(0)
    assert flash.read(0, 1) == b"\xf0"
    flash.program(0, b"\x3f")  # no error: the program does not know
    assert flash.read(0, 1) == b"\x30"
    flash.erase(0)
    assert flash.read(0, 1) == b"\xff"
    flash.program(0, b"\x00")
    with pytest.raises(FlashRuleError):
        flash.program(0, b"\x01")

"""An update on the VM's own littlefs, with the power cut at every program and erase: the old
firmware or the new one starts, whole, and the update can go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runtime import MicroPython

DRIVER = "tests.firmware.storage.vm_update_power"
OLD, NEW = "/firmware.mpy", "/update/firmware.mpy"


@pytest.fixture(scope="module")
def runtime(vm_modules: Path) -> Iterator[MicroPython]:
    """Start a separate VM: only it has littlefs, and its heap holds the emulated flash chips."""
    vm = MicroPython(vm_modules, heap="512wk")
    yield vm
    vm.close()


def outcomes(found: list) -> set:
    wrong = [item for item in found if item[2] not in ("old", "new")]
    assert not wrong, wrong
    return {item[2] for item in found}


@pytest.mark.clause("life: power")
@pytest.mark.parametrize("failed_before", [False, True])
def test_a_cut_at_any_operation_of_an_update_leaves_the_old_firmware_or_the_new(
    runtime: MicroPython, failed_before: bool
):
    found = runtime.call(DRIVER, "sweep", "update", failed_before)
    assert outcomes(found) == {"old", "new"}
    assert len(found) > 60


def test_a_cut_while_an_update_fails_and_comes_again_leaves_one_of_both(runtime: MicroPython):
    assert outcomes(runtime.call(DRIVER, "sweep", "failing")) == {"old", "new"}


def test_a_cut_while_the_update_key_changes_leaves_one(runtime: MicroPython):
    assert outcomes(runtime.call(DRIVER, "sweep", "key")) == {"old"}


def test_three_starts_are_tried_and_then_the_old_firmware_starts(runtime: MicroPython):
    assert runtime.call(DRIVER, "failing_starts", 5) == [NEW, NEW, NEW, OLD, OLD]


def test_an_update_goes_on_only_if_it_is_the_same(runtime: MicroPython):
    assert runtime.call(DRIVER, "received_of", b"the manifest") == 1000
    assert runtime.call(DRIVER, "received_of", b"another manifest") is None


def test_what_an_update_leaves_free_is_enough_for_the_vault(runtime: MicroPython):
    """700 writes move the folders of littlefs, too."""
    larger, firmware = runtime.call(DRIVER, "in_little_room", 700)
    assert not larger
    assert firmware == "new"

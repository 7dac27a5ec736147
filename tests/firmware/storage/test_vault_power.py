"""The vault on the VM's own littlefs, with the power cut at every program and erase: the old state
or the new remains, and the token works on.

Each change is cut before, halfway through and after every flash operation it takes
(tests/firmware/storage/vm_vault_power.py), with one account, where littlefs keeps the files inside
its metadata log, and with seven, where they have blocks of their own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runtime import MicroPython


@pytest.fixture(scope="module")
def runtime(vm_modules: Path) -> Iterator[MicroPython]:
    """Start a separate VM: only it has littlefs, and its heap holds the emulated flash chips."""
    vm = MicroPython(vm_modules, heap="512wk")
    yield vm
    vm.close()


DRIVER = "tests.firmware.storage.vm_vault_power"
CHANGES = (
    "set_key",
    "put_credential",
    "replace_credential",
    "remove_credential",
    "record_clock",
    "next_counter",
    "write_settings",
    "block",
    "wipe",
    "give_name",
    "take_name",
    "remove_named",
    "wipe_named",
)


def outcomes(found: list) -> set:
    """Return the set of outcomes over all cuts; "old" and "new" alone are correct."""
    wrong = [item for item in found if item[2] not in ("old", "new")]
    assert not wrong, wrong
    return {item[2] for item in found}


@pytest.mark.clause("life: power")
@pytest.mark.parametrize("accounts", [1, 7])
@pytest.mark.parametrize("change", CHANGES)
def test_a_cut_at_any_operation_leaves_the_old_state_or_the_new(
    runtime: MicroPython, change, accounts
):
    assert outcomes(runtime.call(DRIVER, "sweep", change, accounts)) == {"old", "new"}


def test_a_cut_at_any_operation_of_the_first_save_leaves_blank_or_claimed(runtime: MicroPython):
    assert outcomes(runtime.call(DRIVER, "sweep", "first_key", 0)) == {"old", "new"}


@pytest.mark.parametrize("change", ["next_counter", "wipe", "set_key"])
def test_cuts_at_every_fill_of_the_metadata_log(runtime: MicroPython, change):
    # The log of 4096 bytes is full after about ten saves; twelve starting points include its
    # compaction, which erases.
    operations = set()
    for warm_up in range(12):
        found = runtime.call(DRIVER, "sweep", change, 1, warm_up)
        assert outcomes(found) == {"old", "new"}
        operations.add(len(found))
    assert len(operations) > 1, "no starting point met a compaction"


def test_a_counter_step_wears_the_flash_little(runtime: MicroPython):
    # One account: a program a press and an erase for every fifth at most, so 100,000 erase cycles
    # outlast the token.
    programs, erases = runtime.call(DRIVER, "repeat_cost", "next_counter", 1, 40)
    assert programs <= 40
    assert erases <= 8
    programs, erases = runtime.call(DRIVER, "repeat_cost", "next_counter", 7, 40)
    assert programs <= 4 * 40
    assert erases <= 2 * 40

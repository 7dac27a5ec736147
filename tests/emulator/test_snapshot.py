"""A snapshot as a file: it makes any token of the kind the one that it was taken of; and what is no
such file changes nothing."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.errors import (
    NoSnapshotError,
    OtherSnapshotError,
    OtherVersionError,
    StateValueError,
)
from emulator.saved_state import FLASH, FROZEN, STATE
from emulator.session import Emulator
from emulator.snapshot import Snapshot
from tests.support.emulated.images import image

Token = Callable[..., Emulator]
# Which board it is, and how often it was started.
WHO = """
import machine, os, time
count = int(open("count").read()) + 1 if "count" in os.listdir("/") else 1
with open("count", "w") as file:
    file.write(str(count))
print(machine.unique_id().hex(), count)
time.sleep(1000)
"""


def said(emulator: Emulator) -> list[str]:
    emulator.plug()
    emulator.advance(1)
    words = emulator.port.read(0).decode().split()
    emulator.unplug()
    emulator.advance(1)
    return words


def test_its_file_makes_another_token_the_same(token: Token, tmp_path: Path) -> None:
    first, second = token(WHO, seed=1), token(WHO, "another", seed=2)
    identity, _ = said(first)
    first.set_rtc(first.now + 5)
    first.battery_mv = 3500
    file, then, drawn = first.snapshot().archive(), first.now, first.snapshot().state
    second.advance(1000)
    assert said(second)[0] != identity
    second.plug()
    second.restore(Snapshot.of_archive(file), and_time=True)
    assert not second.powered
    assert not second.plugged
    assert json.loads((second.directory / STATE).read_text())["seed"] == 1, "saved at once"
    assert second.now == pytest.approx(then)
    assert second.rtc_time == pytest.approx(then + 5)
    assert second.battery_mv == 3500
    assert second.flash.wear == json.loads(drawn)["wear"]
    assert said(second) == [identity, "2"], "with the board's number and its files"
    assert said(first) == [identity, "2"]


def test_its_file_unpacked_is_the_token_s_folder(token: Token, tmp_path: Path) -> None:
    before = token(WHO, seed=1)
    identity, _ = said(before)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(io.BytesIO(before.snapshot().archive())) as archive:
        assert sorted(archive.namelist()) == [FLASH, STATE]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o600}
        archive.extractall(folder)
    with Emulator(state=folder) as emulator:
        assert said(emulator) == [identity, "2"]


def archived(**files: bytes | str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return content.getvalue()


def refused(emulator: Emulator, file: bytes, error: type[Exception]) -> None:
    """Check that a file is refused, and that the token runs on as it was."""
    before = emulator.snapshot()
    powered = emulator.powered
    with pytest.raises(error):
        emulator.restore(Snapshot.of_archive(file), and_time=True)
    assert emulator.snapshot() == before
    assert emulator.powered is powered


@pytest.fixture
def plugged(token: Token) -> Emulator:
    """A token that is on."""
    emulator = token("import time\ntime.sleep(1000000)")
    emulator.plug()
    emulator.advance(1)
    assert emulator.powered
    return emulator


def test_one_of_another_product_board_or_version_is_refused(
    plugged: Emulator, tmp_path: Path
) -> None:
    kept = plugged.snapshot()
    state = json.loads(kept.state)
    for change, error in (
        ({"product": "kodeoplaeser"}, OtherSnapshotError),
        ({"board": "pico2"}, OtherSnapshotError),
        ({"version": 1}, OtherVersionError),
    ):
        changed = kept._replace(state=json.dumps(state | change))
        refused(plugged, changed.archive(), error)
    refused(plugged, kept._replace(frozen=b"modules").archive(), OtherSnapshotError)
    with Emulator("kodeoplaeser", "pico2", tmp_path / "another", image=image("x")) as another:
        refused(plugged, another.snapshot().archive(), OtherSnapshotError)
    refused(plugged, kept._replace(flash=kept.flash[1:]).archive(), NoSnapshotError)


def test_one_that_would_unpack_to_anything_else_is_refused(plugged: Emulator) -> None:
    state = plugged.snapshot().state
    for file in (
        b"",
        b"PK",
        archived(state_json=state),
        archived(flash_bin=b""),
        archived(flash_bin=bytes(64 * 2**20), state_json=state),
        archived(flash_bin=b"", state_json=b"\xff"),
        archived(flash_bin=b"", state_json="[" * 100_000),
    ):
        refused(plugged, file, NoSnapshotError)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", (True, "1", 1.5)),
        ("draws", (-1, None)),
        ("time", (-1, 2**33, float("nan"), "now")),
        ("wear", ([], [-1], [None], {})),
        ("battery_mv", (-5, 5001, 3900.0, "full", True)),
        ("clock.time", (-1, 10**30)),
        ("clock.registers", ("", "zz" * 19, "00" * 18, 7)),
        ("clock.day_shift", (7, -1)),
        ("clock.twelve", (0, None)),
        ("clock.aging", (128, -129)),
        ("clock.drift", (500_000_001, -500_000_001, 10**30, 1.0)),
        ("clock.temperature", (float("inf"), -41, 86, "cold")),
    ],
)
def test_a_value_that_no_token_has_is_refused_by_its_name(
    plugged: Emulator, name: str, values: tuple[object, ...]
) -> None:
    kept = plugged.snapshot()
    for value in values:
        state = json.loads(kept.state)
        *within, last = name.split(".")
        holder = state[within[0]] if within else state
        holder[last] = value
        with pytest.raises(StateValueError) as refused:
            plugged.restore(kept._replace(state=json.dumps(state)))
        assert refused.value.name == name
        assert plugged.snapshot() == kept


CLOCK = ("time", "registers", "day_shift", "twelve", "aging", "drift", "temperature")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
Changes = dict[str, Any]


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_state_is_refused_or_runs(plugged: Emulator, data: st.DataObject) -> None:
    """Whatever stands in it: the token is as it was, or takes it and starts."""
    kept = plugged.snapshot()
    state = json.loads(kept.state)
    name = data.draw(st.sampled_from([*state, *(f"clock.{name}" for name in CLOCK)]))
    changed = state
    for step in name.split(".")[:-1]:
        changed = changed[step]
    changed[name.split(".")[-1]] = data.draw(ANYTHING)
    file = kept._replace(state=json.dumps(state)).archive()
    try:
        plugged.restore(Snapshot.of_archive(file), and_time=True)
    except (NoSnapshotError, StateValueError, OtherSnapshotError, OtherVersionError):
        assert plugged.snapshot() == kept
        return
    plugged.plug()
    plugged.advance(1)
    assert plugged.powered
    assert plugged.snapshot().flash == kept.flash
    plugged.restore(kept, and_time=True)
    plugged.plug()


@given(place=st.integers(min_value=0), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_holds_the_same(place: int, byte: int, cut: bool) -> None:
    whole = Snapshot(image("x") + b"\xff" * 1000, '{"version": 2}', None)
    file = bytearray(whole.archive())
    place %= len(file)
    damaged = file[:place] if cut else file[:place] + bytes([byte]) + file[place + 1 :]
    try:
        found = Snapshot.of_archive(bytes(damaged))
    except NoSnapshotError:
        return
    assert found in (whole, whole._replace(frozen=found.frozen))


def test_what_is_frozen_into_its_micropython_is_in_it(tmp_path: Path) -> None:
    with Emulator(state=tmp_path, image=image("x"), frozen=image("y")) as emulator:
        kept = Snapshot.of_archive(emulator.snapshot().archive())
        assert kept.frozen == (tmp_path / FROZEN).read_bytes()
        emulator.restore(kept)

"""What an emulated token's folder holds beside its flash, and what of it is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.errors import DamagedTokenError, OtherTokenError
from emulator.saved_state import FLASH, STATE
from emulator.session import Emulator
from tests.support.emulated.images import ECHO, image

Alteration = Callable[[dict[str, Any]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a token that is off."""
    Emulator(state=tmp_path / "token", image=image(ECHO)).close()
    return tmp_path / "token"


def _alter(folder: Path, alteration: Alteration) -> None:
    state = json.loads((folder / STATE).read_text())
    alteration(state)
    (folder / STATE).write_text(json.dumps(state))


@pytest.mark.parametrize(("product", "board"), [("kodeviser", "pico2"), ("kodeoplaeser", "pico2")])
def test_a_token_runs_as_the_product_and_on_the_board_that_it_is(
    folder: Path, product: str, board: str
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OtherTokenError, match="is a kodeviser for pico:"):
        Emulator(product, board, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    Emulator("kodeviser", "pico", folder).close()


ALTERATIONS: dict[str, Alteration] = {
    "an older version": lambda state: state.update(version=1),
    "no version": lambda state: state.pop("version"),
    "no product": lambda state: state.pop("product"),
    "a seed in words": lambda state: state.update(seed="seven"),
    "no time": lambda state: state.pop("time"),
    "a battery in words": lambda state: state.update(battery_mv="full"),
    "a clock without its registers": lambda state: state["clock"].pop("registers"),
    "a clock with half a byte": lambda state: state["clock"].update(registers="123"),
}


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_a_damaged_state_is_refused(folder: Path, alteration: Alteration) -> None:
    good = (folder / STATE).read_text()
    _alter(folder, alteration)
    for _ in range(2):  # the second time too: nothing holds the folder's lock
        with pytest.raises(DamagedTokenError, match=r"state\.json is missing, damaged"):
            Emulator(state=folder)
    (folder / STATE).write_text(good)
    Emulator(state=folder).close()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_a_state_that_is_no_json_object_is_refused(folder: Path, content: bytes) -> None:
    (folder / STATE).write_bytes(content)
    with pytest.raises(DamagedTokenError):
        Emulator(state=folder)


def test_a_flash_that_is_missing_or_too_short_is_refused(folder: Path) -> None:
    (folder / FLASH).write_bytes((folder / FLASH).read_bytes()[:-1])
    with pytest.raises(DamagedTokenError, match=FLASH):
        Emulator(state=folder)
    (folder / FLASH).unlink()
    with pytest.raises(DamagedTokenError, match=FLASH):
        Emulator(state=folder)
    assert not (folder / FLASH).exists(), "no blank one in its place"

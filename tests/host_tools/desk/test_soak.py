"""Busy use of a served token through its HTTP API does not take more and more memory. `make bench`
measures an hour; this is the first part of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.emulated.hour import use_for
from tests.support.emulated.served import served

MINUTES, WARM = 8, 3  # of virtual time; the minutes until everything is loaded
GROWTH = 1.05  # the sound of five minutes is 5 MB of 210


@pytest.mark.slow
def test_minutes_of_use_take_no_more_memory(images: Callable[[str], bytes], tmp_path: Path) -> None:
    with served("kodeoplaeser", images("kodeoplaeser"), tmp_path / "token") as token:
        held = list(use_for(token, MINUTES))
        assert token.asked > 20 * MINUTES
    assert held[-1] < GROWTH * held[WARM - 1], held

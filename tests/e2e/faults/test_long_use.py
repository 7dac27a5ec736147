"""Hundreds of presses, each part failing once: no wrong code, ever. `make faults` does it for
10,000 presses in 26 days."""

from pathlib import Path

import pytest

from emulator.session import Emulator
from tests.e2e.faults import long_use
from tests.support.emulated.token import START, TokenUnderTest

DAYS = 1


@pytest.mark.parametrize(("product", "presses"), [("kodeviser", 200), ("kodeoplaeser", 80)])
def test_no_wrong_code_whatever_fails(
    product: str, presses: int, request: pytest.FixtureRequest, tmp_path: Path
):
    speaks = product == "kodeoplaeser"
    image = request.getfixturevalue("speaking_image" if speaks else "image")
    with Emulator(
        product, "pico2" if speaks else "pico", tmp_path / "token", image=image, time=START
    ) as emulator:
        use = long_use.Use(TokenUnderTest(emulator), seed=1)
        use.run(presses, DAYS * long_use.DAY)
    assert use.seen["faults"] == len(use.faults)
    assert use.seen["code"] + use.seen["text"] + use.seen["dark"] == presses
    assert use.seen["code"] > presses / 5, dict(use.seen)


def test_a_wrong_number_is_noticed(image: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Emulator(state=tmp_path / "token", image=image, time=START) as emulator:
        use = long_use.Use(TokenUnderTest(emulator), seed=1)
        monkeypatch.setattr(use, "faults", [])
        use.run(3, 600)
        emulator.board.parts["clock"].shift(3_600_000_000)  # an hour, which nobody can notice
        with pytest.raises(long_use.WrongCodeError):
            use.run(6, 600)

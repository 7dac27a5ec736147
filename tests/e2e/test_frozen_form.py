"""The frozen form of the firmware in the emulator: a file system without modules, and the sources
of firmware/manifest.py in the place of those that a board has in its MicroPython."""

from pathlib import Path

import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.image.image import (
    build_frozen_package,
    build_frozen_tree,
    build_image,
    load_board,
    pack,
    unpack,
)
from host_tools.link.channel import Channel
from tests.support.emulated.token import START, TokenUnderTest, totp
from tests.support.flashing.manifest import Manifest

FILESYSTEM = load_board("pico")["filesystem"]


def frozen(folder: Path, product: str = "kodeviser", **options: object) -> Emulator:
    """Emulate a new token with the frozen form."""
    return Emulator(
        product,
        "pico",
        folder,
        image=pack(build_frozen_tree(product), FILESYSTEM),
        frozen=build_frozen_package(product, "pico"),
        time=START,
        **options,
    )


def test_its_modules_are_those_of_the_manifest_in_the_form_that_is_frozen() -> None:
    manifest = Manifest()
    files = [path for base in ("..", "frozen") for path in manifest.files(base)]
    names = {f"firmware/{path.replace('/', '_')}" for path in files}
    names |= {path for path, _ in manifest.modules}
    for product in ("kodeviser", "kodeoplaeser"):
        modules = unpack(build_frozen_package(product, "pico"), FILESYSTEM)
        assert set(modules) <= names
        for path in manifest.files("frozen"):
            source = Path("firmware/frozen/firmware", path).read_bytes()
            assert modules.get(f"firmware/{path.replace('/', '_')}", source) == source


def test_it_says_so_and_serves_as_the_other_form_does(tmp_path: Path) -> None:
    with frozen(tmp_path / "token") as emulator:
        token = TokenUnderTest(emulator)
        token.provision(totp())
        assert Channel(emulator.port).hello().form == messages.FROZEN
        emulator.unplug()
        emulator.advance(1)
        code = token.code()
    with Emulator(state=tmp_path / "token") as emulator:
        assert emulator.frozen
        emulator.set_time(START)
        emulator.plug()
        assert Channel(emulator.port).hello().form == messages.FROZEN
    with Emulator(
        state=tmp_path / "files", image=build_image("kodeviser", "pico"), time=START
    ) as emulator:
        other = TokenUnderTest(emulator)
        other.provision(totp())
        assert Channel(emulator.port).hello().form == messages.FILES
        emulator.unplug()
        emulator.advance(1)
        assert other.code() == code


@pytest.mark.parametrize("pace", [None, "rp2040"])
def test_a_frozen_kodeoplaeser_shows_and_says_the_same(tmp_path: Path, pace: str | None) -> None:
    shown, said = [], []
    with (
        frozen(tmp_path / "frozen", "kodeoplaeser", pace=pace) as one,
        Emulator(
            "kodeoplaeser",
            "pico",
            tmp_path / "files",
            image=build_image("kodeoplaeser", "pico"),
            time=START,
            pace=pace,
        ) as other,
    ):
        for emulator in (one, other):
            emulator.press()
            emulator.advance(6)
            shown.append(emulator.screen().data)
            said.append([sample for sample in emulator.audio(0).samples if sample])
    assert any(shown[0])
    assert shown[0] == shown[1]
    assert len(said[0]) > 10_000
    assert said[0] == said[1]


def test_by_the_pace_it_starts_in_half_the_time(tmp_path: Path) -> None:
    times = []
    image = build_image("kodeviser", "pico")
    for emulator in (
        frozen(tmp_path / "frozen", pace="rp2040"),
        Emulator(state=tmp_path / "files", image=image, time=START, pace="rp2040"),
    ):
        with emulator:
            emulator.press_down()
            assert emulator.run_until(lambda: emulator.display_on, 2)  # noqa: B023
            times.append(emulator.elapsed)
    assert times[0] < 0.6 * times[1]


def test_it_takes_no_time_where_computing_takes_none(tmp_path: Path) -> None:
    with frozen(tmp_path / "frozen") as emulator:
        emulator.press_down()
        assert emulator.run_until(lambda: emulator.display_on, 2)
        assert emulator.elapsed < 0.06

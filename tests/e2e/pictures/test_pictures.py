"""Golden screens: the emulator's screens against the docs' pictures, pixel by pixel.

`make docs` updates them.
"""

from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from emulator.screen import Screen
from tests.e2e.pictures import FOLDER, kodeoplaeser, kodeviser


def same_pixels(ours: Image.Image, name: str) -> bool:
    """Return True when the decoded pixels are equal; the bytes of the PNG files may differ."""
    with Image.open(FOLDER / name) as kept:
        golden, now = kept.convert("RGB"), ours.convert("RGB")
    return golden.size == now.size and ImageChops.difference(golden, now).getbbox() is None


def test_every_screen_in_both_languages_is_as_in_the_docs():
    assert same_pixels(kodeviser.contact_sheet(), "screens.png")


def test_the_picture_in_the_readme_is_what_the_display_shows(tmp_path):
    with Image.open(kodeviser.code().to_png(tmp_path / "code.png")) as picture:
        assert same_pixels(picture, "kodeviser.png")


# Screens before there are settings, after they were lost, and the one that names the theme.
OWN_LOOK = (
    "comparison number",
    "storage damaged, and the settings with it",
    "theme, back as it was",
)
TURNED = bytes.maketrans(b"\0\1", b"\1\0")


@cache
def states(language: str) -> list[kodeoplaeser.State]:
    """Return every screen of the kodeoplæser, drawn once."""
    return kodeoplaeser.walk(language)


@pytest.mark.clause("display: golden", "5.6.2")
@pytest.mark.parametrize("language", kodeoplaeser.LANGUAGES)
def test_every_screen_of_the_kodeoplaeser_is_as_in_the_docs(language: str, tmp_path: Path):
    ours = kodeoplaeser.contact_sheet(states(language))
    ours.save(tmp_path / "now.png")
    with Image.open(FOLDER / f"kodeoplaeser.{language}.png") as kept:
        golden = kept.convert("L")
    assert ours.size == golden.size, (
        f"there are more or fewer screens; {tmp_path}/now.png has them as they are now"
    )
    changed = [
        name
        for place, (name, _) in enumerate(states(language))
        if ImageChops.difference(
            *(sheet.crop(kodeoplaeser.box(place)) for sheet in (ours, golden))
        ).getbbox()
    ]
    assert not changed, (
        f"other pixels; {tmp_path}/now.png shows them, and make docs takes them over"
    )


@pytest.mark.clause("display: contrast", "5.6.2", "4.2.2", "4.2.3")
@pytest.mark.parametrize("language", kodeoplaeser.LANGUAGES)
def test_both_themes_show_the_same_in_full_contrast_the_other_way_round(language: str):
    every = states(language)
    for (name, light), (_, dark) in zip(every[::2], every[1::2], strict=True):
        assert set(light.data) == {0, 1}
        if name not in OWN_LOOK:
            negative = Screen(light.width, light.height, light.data.translate(TURNED))
            assert dark == negative, name
            assert light.data.count(0) > light.data.count(1), f"{name}: black on white by itself"


def test_the_kodeoplaeser_in_the_readme_is_what_its_display_shows(tmp_path):
    with Image.open(kodeoplaeser.code().to_png(tmp_path / "code.png", scale=1)) as picture:
        assert same_pixels(picture, "kodeoplaeser.png")

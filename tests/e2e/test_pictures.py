"""Golden screens: what the emulator draws now against the docs' pictures, pixel by pixel. `make docs` updates them."""

from PIL import Image, ImageChops

from tests.e2e import pictures


def same_pixels(ours: Image.Image, name: str) -> bool:
    """Compare decoded pixels, not the bytes of a PNG."""
    with Image.open(pictures.FOLDER / name) as kept:
        golden = kept.convert(ours.mode)
    return golden.size == ours.size and ImageChops.difference(golden, ours).getbbox() is None


def test_every_screen_in_both_languages_is_as_in_the_docs():
    assert same_pixels(pictures.contact_sheet(), "screens.png")


def test_the_picture_in_the_readme_is_what_the_display_shows(tmp_path):
    with Image.open(pictures.code().to_png(tmp_path / "code.png")) as picture:
        assert same_pixels(picture, "kodeviser.png")

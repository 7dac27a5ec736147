"""Draw the pictures of the docs with the emulator and write them to docs/images.

kodeviser.png and kodeoplaeser.png are the README's, screens.png shows every screen of the kodeviser
in both languages, and kodeoplaeser.da.png, .en.png and .kl.png every screen of the kodeoplæser in
both themes.
"""

from tests.e2e.pictures import FOLDER, kodeoplaeser, kodeviser


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    kodeviser.code().to_png(FOLDER / "kodeviser.png")
    kodeviser.contact_sheet().save(FOLDER / "screens.png")
    kodeoplaeser.code().to_png(FOLDER / "kodeoplaeser.png", scale=1)
    for language in kodeoplaeser.LANGUAGES:
        sheet = kodeoplaeser.contact_sheet(kodeoplaeser.walk(language))
        sheet.save(FOLDER / f"kodeoplaeser.{language}.png", optimize=True)


if __name__ == "__main__":
    main()

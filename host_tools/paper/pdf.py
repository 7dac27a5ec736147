"""Writes HTML as a PDF for PDF/UA-1, by WeasyPrint, in PT Sans: its zero has no stroke, which is
easily taken for an 8. tagged_pdf.py finishes what WeasyPrint leaves open."""

import atexit
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

_FONT = "fontpkg_pt_sans"
_FACES = {"normal": "PT_Sans-Web-Regular.ttf", "bold": "PT_Sans-Web-Bold.ttf"}  # by CSS weight


def render(html: str, style: str, path: Path) -> None:
    """Write the page `html` with the style sheet `style` to `path`, tagged. OSError when Pango, a
    library of the system, is missing."""
    from PIL import ImageFile  # noqa: PLC0415 - comes with WeasyPrint
    from weasyprint import CSS, HTML  # noqa: PLC0415 - an extra that needs system libraries

    # WeasyPrint has Pillow take damaged pictures for whole ones, everywhere.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    fonts, faces = _fonts()
    HTML(string=html).write_pdf(
        path,
        stylesheets=[faces, CSS(string=style, font_config=fonts)],
        font_config=fonts,
        pdf_variant="pdf/ua-1",
    )


@cache
def _fonts() -> "tuple[FontConfiguration, CSS]":
    """Give the fonts and the style sheet that names them. Pango keeps 0.25 MB of each
    configuration for good, so all pages of a process share one."""
    from weasyprint import CSS  # noqa: PLC0415 - as above
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    fonts = FontConfiguration()
    # It deletes its files when it goes, by modules that go too when Python ends.
    atexit.register(_fonts.cache_clear)
    with as_file(files(_FONT)) as folder:
        faces = "".join(_face(weight, folder / "files" / name) for weight, name in _FACES.items())
        return fonts, CSS(string=faces, font_config=fonts)


def _face(weight: str, path: Path) -> str:
    source = f"url({path.as_uri()})"
    return f'@font-face {{ font-family: "PT Sans"; font-weight: {weight}; src: {source}; }}\n'

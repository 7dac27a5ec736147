"""Writes HTML as a PDF for PDF/UA-1, by WeasyPrint, in PT Sans: its zero has no stroke, which is
easily taken for an 8. tagged_pdf.py finishes what WeasyPrint leaves open."""

from importlib.resources import as_file, files
from pathlib import Path

_FONT = "fontpkg_pt_sans"
_FACES = {"normal": "PT_Sans-Web-Regular.ttf", "bold": "PT_Sans-Web-Bold.ttf"}  # by CSS weight


def render(html: str, style: str, path: Path) -> None:
    """Write the page `html` with the style sheet `style` to `path`, tagged. OSError when Pango, a
    library of the system, is missing."""
    from PIL import ImageFile  # noqa: PLC0415 - comes with WeasyPrint
    from weasyprint import CSS, HTML  # noqa: PLC0415 - an extra that needs system libraries
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    # WeasyPrint has Pillow take damaged pictures for whole ones, everywhere.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    fonts = FontConfiguration()
    with as_file(files(_FONT)) as folder:
        faces = "".join(_face(weight, folder / "files" / name) for weight, name in _FACES.items())
        HTML(string=html).write_pdf(
            path,
            stylesheets=[CSS(string=faces + style, font_config=fonts)],
            font_config=fonts,
            pdf_variant="pdf/ua-1",
        )


def _face(weight: str, path: Path) -> str:
    source = f"url({path.as_uri()})"
    return f'@font-face {{ font-family: "PT Sans"; font-weight: {weight}; src: {source}; }}\n'

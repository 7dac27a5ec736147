"""PDFs as somebody sees and reads them: drawn by PDFium, its barcodes read by ZXing."""

import re
from pathlib import Path

import pikepdf
import pypdfium2
import zxingcpp

from host_tools.paper import tagged_pdf

_SCALE = 3  # 216 dots an inch


def text(path: Path) -> str:
    """Give all text in the order of its content, as one line."""
    with pypdfium2.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages))


def codes(path: Path) -> list[tuple[str, str]]:
    """Give (kind, content) of the barcodes on the first page, as it is drawn."""
    with pypdfium2.PdfDocument(path) as document:
        picture = document[0].render(scale=_SCALE).to_pil()
    return [(str(found.format), found.text) for found in zxingcpp.read_barcodes(picture)]


def ink(path: Path) -> list[float]:
    """Give of each page which part of it is dark."""
    found = []
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            histogram = page.render(scale=1).to_pil().convert("L").histogram()
            found.append(sum(histogram[:128]) / sum(histogram))
    return found


def is_tagged(path: Path) -> bool:
    """Say whether the PDF claims PDF/UA, names its language, and tags every page."""
    with pikepdf.open(path) as document:
        metadata = bytes(document.Root.Metadata.read_bytes())
        marked = bool(document.Root.MarkInfo.Marked) and "/Lang" in document.Root
        tags = all(list(tagged_pdf.tag_order(document, page)) for page in document.pages)
    return marked and tags and b"pdfuaid" in metadata

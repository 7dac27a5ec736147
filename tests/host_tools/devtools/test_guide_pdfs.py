"""The guides as PDFs: rules of PDF/UA-1 (ISO 14289-1) that a program can check, on the files as
they are written."""

import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from host_tools.devtools import user_guides
from host_tools.paper import tagged_pdf

GUIDES = {f"{guide.name}.{guide.language}": guide for guide in user_guides.guides()}
PRINT = 4
PAINTING = {"Tj", "TJ", "'", '"', "f", "F", "f*", "S", "s", "B", "b", "B*", "b*", "Do", "sh", "EI"}


@pytest.fixture(scope="module", params=["kodeviser.da", "kodeoplaeser.en"])
def document(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[user_guides.Guide, pikepdf.Pdf]]:
    try:
        import weasyprint  # noqa: F401, PLC0415 - it loads libraries of the system
    except OSError:
        pytest.skip("Pango, which writes the guides' PDFs, is not installed")
    path = tmp_path_factory.mktemp("guides") / "guide.pdf"
    guide = GUIDES[request.param]
    user_guides.pdf(guide, path)
    with pikepdf.open(path) as opened:
        yield guide, opened


def painted(page: pikepdf.Page) -> list[tuple[str, int | None]]:
    """Return the tag and MCID (None for an artifact) of all that a page paints, in that order."""
    found: list[tuple[str, int | None]] = []
    within: list[tuple[str, int | None]] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "BDC":
            within.append((str(operands[0]), operands[1].get("/MCID")))
        elif str(operator) == "BMC":
            within.append((str(operands[0]), None))
        elif str(operator) == "EMC":
            within.pop()
        elif str(operator) in PAINTING:
            assert len(within) == 1, f"{operator} is either marked content or an artifact"
            if not found or found[-1] != within[0]:
                found.append(within[0])
    return found


def read(document: pikepdf.Pdf) -> dict[tuple[int, int], list[int]]:
    """Return the MCIDs of each page, by the page's object, as a reader of the tags meets them."""
    order: dict[tuple[int, int], list[int]] = {}
    waiting = [(document.Root.StructTreeRoot.K, None)]
    while waiting:
        tag, page = waiting.pop(0)
        if isinstance(tag, pikepdf.Array):
            waiting = [(each, page) for each in tag] + waiting
        elif isinstance(tag, pikepdf.Dictionary):
            assert tag.get("/Type") != pikepdf.Name.MCR, "kids are numbers in what is written"
            if tag.get("/Type") != pikepdf.Name.OBJR and "/K" in tag:
                waiting.insert(0, (tag.K, tag.get("/Pg", page)))
        else:
            order.setdefault(page.objgen, []).append(int(tag))
    return order


@pytest.mark.clause("12.1.2")
def test_what_is_painted_is_tagged_or_an_artifact_and_only_page_numbers_are_artifacts(document):
    _, pdf = document
    tagged = read(pdf)
    for page in pdf.pages:
        content = painted(page)
        assert {mcid for _, mcid in content} - {None} <= set(tagged[page.obj.objgen])
        artifacts = [tag for tag, mcid in content if mcid is None]
        assert artifacts == ["/Artifact"], "the page's number"


@pytest.mark.clause("12.1.2")
def test_content_is_painted_in_the_order_of_the_tags(document):
    _, pdf = document
    tagged = read(pdf)
    for page in pdf.pages:
        order = [mcid for _, mcid in painted(page) if mcid is not None]
        assert order == [mcid for mcid in tagged[page.obj.objgen] if mcid in order]
        assert len(order) == len(set(order))


@pytest.mark.clause("12.1.2")
def test_links_are_printed_and_say_where_they_lead(document):
    guide, pdf = document
    links = [annotation for page in pdf.pages for annotation in page.get("/Annots", ())]
    assert links
    for link in links:
        assert link.Subtype == pikepdf.Name.Link
        assert int(link.get("/F", 0)) & PRINT
        assert str(link.Contents) == user_guides.sections(guide)[str(link.Dest)]
        assert "/StructParent" in link
    assert {str(link.Dest) for link in links} == set(user_guides.sections(guide))


@pytest.mark.clause("12.1.2")
def test_the_document_says_what_a_reader_needs(document):
    guide, pdf = document
    assert bool(pdf.Root.MarkInfo.Marked)
    assert str(pdf.Root.Lang) == guide.language
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    tags = {
        str(each.S) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each
    }
    assert {"/H1", "/H2", "/P", "/L", "/LI", "/Lbl", "/LBody", "/Link"} <= tags
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == guide.text.splitlines()[0].removeprefix("# ")
    for page in pdf.pages:
        if "/Annots" in page:
            assert page.Tabs == pikepdf.Name.S, "links are reached in the order of the tags"
        for name, font in page.Resources.Font.items():
            assert "/ToUnicode" in font, name
            (face,) = font.DescendantFonts
            assert {"/FontFile2", "/FontFile3"} & set(face.FontDescriptor.keys()), "embedded"
            assert re.search("PT-?Sans", str(face.BaseFont)), "its zero has no stroke"


def two_pieces(tmp_path: Path, content: bytes) -> Path:
    """A page whose tags read piece 1 and then piece 0."""
    path = tmp_path / "two.pdf"
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(content)
        tag = pikepdf.Dictionary(S=pikepdf.Name.P, Pg=page.obj, K=pikepdf.Array([1, 0]))
        pdf.Root.StructTreeRoot = pdf.make_indirect(pikepdf.Dictionary(K=pikepdf.Array([tag])))
        pdf.save(path)
    return path


def test_pieces_keep_the_state_in_which_they_were_painted(tmp_path: Path):
    path = two_pieces(
        tmp_path,
        b"2 0 0 2 0 0 cm q 1 0 0 rg /P <</MCID 0>> BDC (a) Tj EMC 0 1 0 rg Q "
        b"0 0 1 rg /P <</MCID 1>> BDC (b) Tj EMC /P <</MCID 7>> BDC (3) Tj EMC",
    )
    tagged_pdf.finish(path, {})
    with pikepdf.open(path) as pdf:
        words = [
            f"{' '.join(str(each) for each in operands)} {operator}".strip()
            for operands, operator in pikepdf.parse_content_stream(pdf.pages[0])
            if str(operator) not in ("BDC", "EMC")
        ]
    blue, red = ["0 0 1 rg", "b Tj"], ["1 0 0 rg", "a Tj"]
    scaled = "2 0 0 2 0 0 cm"
    assert words == [
        *("q", scaled, "0 0 1 rg", "3 Tj", "Q"),
        *("q", scaled, *blue, "Q"),
        *("q", scaled, *red, "Q"),
    ]


def test_a_page_that_paints_without_tags_is_refused(tmp_path: Path):
    path = two_pieces(tmp_path, b"0 0 9 9 re f /P <</MCID 0>> BDC (a) Tj EMC")
    with pytest.raises(ValueError, match="f paints outside"):
        tagged_pdf.finish(path, {})

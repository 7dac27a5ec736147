"""Finishes a tagged PDF of text for PDF/UA-1 (ISO 14289-1), where its writer does not.

- What no tag refers to, such as page numbers, becomes an artifact (7.1).
- Content is painted in the order of the tags, for readers that follow the page and not the tags:
  list markers, for one, are painted behind the whole list by WeasyPrint.
- Links have the Print flag, and say in words where they lead (7.18.5).

Content outside of marked content must be states and clipping alone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator, Page

_PRINT = 1 << 2  # of an annotation's flags (ISO 32000-1, table 165)
_PAINTS = {"b", "B", "b*", "B*", "Do", "EI", "f", "F", "f*", "S", "s", "sh", "Tj", "TJ", "'", '"'}
_TEXT = {"BT", "ET", "Tm", "Tf", "Td", "TD", "T*", "Tj", "TJ", "'", '"'}
_NEVER = -1  # the place of an artifact: before everything that is read

Instruction = tuple[list[Any], Operator]  # operands and operator


def finish(path: Path, targets: Mapping[str, str]) -> None:
    """Finish the PDF at `path` in place. `targets` has the words for each destination of a link.

    ValueError for a page that paints outside of marked content.
    """
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        for page in document.pages:
            order = {mcid: place for place, mcid in enumerate(tag_order(document, page))}
            page.contents_coalesce()
            page.Contents = document.make_stream(_in_order(page, order))
            for annotation in page.get("/Annots", ()):
                annotation.F = int(annotation.get("/F", 0)) | _PRINT
                target = str(annotation.get("/Dest", ""))
                if target in targets:
                    annotation.Contents = pikepdf.String(targets[target])
        document.save(path, deterministic_id=True)


def tag_order(document: pikepdf.Pdf, page: Page) -> Iterator[int]:
    """Give the marked content of a page, as its numbers (MCID), in the order of the tags."""
    return _marked(document.Root.StructTreeRoot.get("/K"), None, page)


def _marked(kid: object, of_page: object, page: Page) -> Iterator[int]:
    if isinstance(kid, Array):
        for each in kid:
            yield from _marked(each, of_page, page)
    elif isinstance(kid, Dictionary):
        of_page = kid.get("/Pg", of_page)
        if kid.get("/Type") == Name.MCR:
            yield from _marked(int(kid.MCID), of_page, page)
        elif kid.get("/Type") != Name.OBJR and "/K" in kid:
            yield from _marked(kid.K, of_page, page)
    elif isinstance(kid, int) and _is(of_page, page):
        yield kid


def _is(of_page: object, page: Page) -> bool:
    return isinstance(of_page, Dictionary) and of_page.objgen == page.obj.objgen


def _in_order(page: Page, order: Mapping[int, int]) -> bytes:
    """Give a page's content in which each piece of marked content carries its own state."""
    pieces: list[tuple[int, list[Instruction]]] = []
    states: list[list[Instruction]] = [[]]  # what is in force, by q
    piece: list[Instruction] = []
    marked = False  # whether what comes belongs to the piece
    for operands, operator in _instructions(page):
        name = str(operator)
        if name in {"BDC", "BMC"}:
            mcid = int(operands[1].MCID) if name == "BDC" and "/MCID" in operands[1] else None
            place = _NEVER if mcid is None else order.get(mcid, _NEVER)
            piece = [*states[-1], _artifact() if place == _NEVER else (operands, operator)]
            pieces.append((place, piece))
            marked = True
        elif name == "EMC":
            piece.append((operands, operator))
            marked = False
        elif not marked and name in _PAINTS:
            raise ValueError(f"{name} paints outside of marked content")
        else:
            if marked:
                piece.append((operands, operator))
            if name == "q":
                states.append(list(states[-1]))
            elif name == "Q":
                states.pop()
            elif name not in _TEXT:
                states[-1].append((operands, operator))
    pieces.sort(key=lambda each: each[0])
    saved: Instruction = [], Operator("q")
    restored: Instruction = [], Operator("Q")
    return pikepdf.unparse_content_stream(
        [one for _, ordered in pieces for one in (saved, *ordered, restored)]
    )


def _instructions(page: Page) -> Iterator[Instruction]:
    for instruction in pikepdf.parse_content_stream(page):
        yield list(instruction.operands), instruction.operator


def _artifact() -> Instruction:
    return [Name.Artifact, Dictionary(Type=Name.Pagination)], Operator("BDC")

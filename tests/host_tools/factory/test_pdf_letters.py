"""The letters of a batch as PDF, drawn by processes that are replaced."""

import os
from multiprocessing import active_children

import pytest

from host_tools.factory import pdf_letters
from host_tools.factory.handout import Handout
from tests.support import drawn_pdf

SERIALS = ["022349473722", "100000000008", "100000000016"]


@pytest.fixture(autouse=True)
def two_letters_each(monkeypatch):
    monkeypatch.setattr(pdf_letters, "_LETTERS", 2)


def test_a_process_is_replaced_after_its_letters_and_none_is_left(tmp_path):
    drawing = []
    with pdf_letters.writing() as write:
        for serial in SERIALS:
            write(Handout(serial, "kodeviser", "da"), tmp_path / serial)
            drawing.append([process.pid for process in active_children()])
    (first,), (second,), (third,) = drawing
    assert first == second != third
    assert active_children() == []
    for serial in SERIALS:
        assert drawn_pdf.is_tagged(tmp_path / serial)
        assert serial[:4] in drawn_pdf.text(tmp_path / serial)


def test_what_goes_wrong_is_raised_here_and_ends_the_process(tmp_path):
    letter = Handout(SERIALS[0], "kodeviser", "da")
    with pdf_letters.writing() as write:
        write(letter, tmp_path / "letter.pdf")
        (process,) = active_children()
        with pytest.raises(FileNotFoundError):
            write(letter, tmp_path / "nowhere" / "letter.pdf")
        # Not active_children(): a thread of the pool may have waited for it and not yet said so.
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)

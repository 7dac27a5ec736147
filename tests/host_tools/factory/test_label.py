"""Labels: a scanner reads the barcode, people the digits."""

import random

import pytest
import zxingcpp
from PIL import Image
from pystrich.code128 import Code128Encoder

from host_tools.factory import label
from tests.support import drawn_pdf

SERIALS = ["022349473722", "100000000008", "999999999997"]


def test_every_barcode_of_a_sheet_is_read(tmp_path):
    path = tmp_path / "sheet.pdf"
    label.write_sheet([(serial, "kodeviser") for serial in SERIALS], "da", "Mærkater", path)
    assert drawn_pdf.is_tagged(path)
    assert sorted(drawn_pdf.codes(path)) == [("Code 128", serial) for serial in SERIALS]
    text = drawn_pdf.text(path)
    assert [text.find(label.grouped(serial)) >= 0 for serial in SERIALS] == [True] * 3


def test_a_sheet_has_thirty_labels(tmp_path):
    path = tmp_path / "sheet.pdf"
    labels = [(f"{number:012}", "kodeviser") for number in range(31)]
    label.write_sheet(labels, "en", "Labels", path)
    assert len(drawn_pdf.ink(path)) == 2
    assert len(drawn_pdf.codes(path)) == 30


def test_every_serial_number_has_its_barcode():
    """As a scanner reads it; a library that was tried before dropped pairs of nines."""
    dice = random.Random(1)
    serials = [f"{dice.randrange(10**12):012}" for _ in range(300)]
    serials += [f"{pair}" * 6 for pair in ("00", "99", "98", "01")]
    for serial in serials:
        modules = Code128Encoder(serial).bars
        picture = Image.new("L", (3 * (len(modules) + 40), 90), 255)
        for place, module in enumerate(modules, 20):
            if module == "1":
                picture.paste(0, (3 * place, 0, 3 * place + 3, 90))
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [serial]


@pytest.mark.parametrize("serial", SERIALS)
def test_a_label_is_a_picture_with_a_name(serial):
    drawn = label.svg(serial, "kodeviser")
    assert f'aria-label="kodeviser {label.grouped(serial)}"' in drawn

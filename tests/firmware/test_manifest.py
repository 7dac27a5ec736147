"""The manifest that freezes the firmware into MicroPython names what the products import, and
nothing else."""

from functools import cache

import pytest

from host_tools.image.image import build_package, load_board, load_product, names
from tests.support.flashing.manifest import FIRMWARE, Manifest

PRODUCTS = names("products")
FONTS = FIRMWARE / "products/fonts"


@cache
def imported(product: str) -> set[str]:
    """Give the modules of every image of a product, and that of the link's constants, which an
    image has where they are used."""
    found = {"protocol/messages.mpy"}
    for board in names("boards"):
        if product in load_board(board)["products"]:
            languages = load_product(product)["languages"]
            found |= set(build_package(product, board, languages=languages))
    return {name.replace(".mpy", ".py") for name in found if name.endswith(".mpy")}


def test_it_names_every_module_that_a_product_imports_and_no_other():
    manifest = Manifest()
    names = [file for base in ("..", "frozen") for file in manifest.files(base)]
    assert len(names) == len(set(names))
    assert set(names) == set().union(*map(imported, PRODUCTS))
    assert all((FIRMWARE / file).is_file() for file in manifest.files(".."))


@pytest.mark.parametrize("product", PRODUCTS)
def test_for_a_product_it_names_what_that_one_imports_and_no_more(product: str):
    manifest = Manifest(product=product)
    found = [file for base in ("..", "frozen") for file in manifest.files(base)]
    assert set(found) == imported(product)
    assert found == [
        file
        for base in ("..", "frozen")
        for file in Manifest().files(base)
        if file in imported(product)
    ]


def test_it_freezes_what_micropython_runs_at_power_on():
    assert Manifest().modules == [("boot.py", 3), ("main.py", 3)]


def test_what_has_a_file_beside_it_is_frozen_in_its_other_form():
    frozen = Manifest().files("frozen")
    assert frozen == [f"products/fonts/{rows.stem}.py" for rows in sorted(FONTS.glob("*.rows"))]
    assert all((FIRMWARE / "frozen/firmware" / file).is_file() for file in frozen)


def test_it_freezes_one_package_without_assertions_and_line_numbers():
    packages = Manifest().packages
    assert {name for name, *_ in packages} == {"firmware"}
    assert {opt for *_, opt in packages} == {3}


def test_it_keeps_what_starts_the_board_and_no_more_of_micropythons_own():
    assert Manifest().folders == ["$(PORT_DIR)/modules"]

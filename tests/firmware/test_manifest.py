"""The manifest that freezes the firmware into MicroPython names what the products import, and
nothing else."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import firmware
from host_tools.image.image import build_tree, load_board, load_product, names

FIRMWARE = Path(firmware.__file__).parent


class Manifest:
    """Takes a manifest's calls, as MicroPython's tools/manifestfile.py does."""

    def __init__(self, **options: str) -> None:
        self.packages: list[tuple[str, tuple[str, ...], str, int]] = []
        self.included: list[str] = []
        given = SimpleNamespace(**options)
        given.defaults = lambda **defaults: vars(given).update(defaults | options)
        functions: dict[str, Any] = {
            "options": given,
            "include": self.included.append,
            "package": lambda name, files, base_path, opt: self.packages.append(
                (name, files, base_path, opt)
            ),
        }
        exec((FIRMWARE / "manifest.py").read_text(), functions)

    def files(self, base_path: str) -> list[str]:
        return [file for _, files, base, _ in self.packages if base == base_path for file in files]


def imported() -> set[str]:
    """Give the modules of every image there is, with the rows of its large fonts as modules."""
    found = set()
    for board in names("boards"):
        for product in load_board(board)["products"]:
            languages = load_product(product)["languages"]
            found |= set(build_tree(product, board, languages=languages))
    modules = {name for name in found if name.startswith("firmware/")}
    return {
        name.removeprefix("firmware/").replace(".rows", "_rows.py").replace(".mpy", ".py")
        for name in modules
    }


def test_it_names_every_module_that_a_product_imports_and_no_other():
    manifest = Manifest()
    files = manifest.files("..")
    assert len(files) == len(set(files))
    assert set(files) == imported()
    assert all((FIRMWARE / file).is_file() for file in files)


def test_it_freezes_one_package_without_assertions_and_line_numbers():
    packages = Manifest().packages
    assert {name for name, *_ in packages} == {"firmware"}
    assert {opt for *_, opt in packages} == {3}


def test_it_keeps_what_the_board_freezes_itself():
    assert Manifest().included == ["$(PORT_DIR)/boards/manifest.py"]


def test_another_manifest_says_which_token_it_is():
    manifest = Manifest(build="elsewhere")
    assert manifest.files("elsewhere") == ["build.py"]
    assert "build.py" not in manifest.files("..")

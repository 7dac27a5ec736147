"""The recipes of docs/recipes: programs that run laboratories of boards reach an emulated token
over RFC 2217."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.interop import lab_recipes
from tests.support.limits import REAL_LIMIT

RECIPES = lab_recipes.ROOT / "docs" / "recipes"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """The port of a served kodeviser, as the recipes name it but for the number."""
    image = build_image("kodeviser", "pico")
    with Emulator(state=tmp_path / "token", image=image) as emulator:
        url = emulator.open_rfc2217(0)
        with emulator.serving():
            yield url


def run(folder: Path, *options: str) -> str:
    python = lab_recipes.python()
    if python is None:
        pytest.skip(lab_recipes.ABSENT)
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "-c", os.devnull, *options, "test_token.py"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=REAL_LIMIT,
    )
    return done.stdout + done.stderr


def test_labgrid(port: str, tmp_path: Path) -> None:
    environment = (RECIPES / "labgrid" / "environment.yaml").read_text()
    number = port.rpartition(":")[2]
    (tmp_path / "environment.yaml").write_text(environment.replace("2217", number))
    (tmp_path / "test_token.py").write_text((RECIPES / "labgrid" / "test_token.py").read_text())
    assert "1 passed" in run(tmp_path, "--lg-env", "environment.yaml")


def test_pytest_embedded(port: str) -> None:
    folder = RECIPES / "pytest_embedded"
    options = ["-p", "no:labgrid", "--embedded-services", "serial", "--port", port]
    assert "1 passed" in run(folder, *options)

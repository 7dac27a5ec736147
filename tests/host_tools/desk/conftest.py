"""Fixtures: tokens at a desk. Their time stands still unless a test says otherwise."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tools.desk.token import DeskToken
from host_tools.image.image import build_image
from tests.host_tools.desk.pages import open_page  # noqa: F401 - a fixture
from tests.support.emulated.desk import BOARDS, Made, at_desk


@pytest.fixture(scope="session")
def images() -> Callable[[str], bytes]:
    """Give a product's file system, built once."""
    built: dict[str, bytes] = {}

    def image(product: str) -> bytes:
        if product not in built:
            built[product] = build_image(product, BOARDS[product])
        return built[product]

    return image


@pytest.fixture
def desk(images: Callable[[str], bytes], tmp_path: Path) -> Iterator[Made]:
    """Make desks: each has a token with one account, off and unplugged."""
    with ExitStack() as stack:

        def make(product: str = "kodeviser", rate: float = 0) -> DeskToken:
            made = at_desk(product, images(product), tmp_path / product, rate)
            return stack.enter_context(made)

        yield make

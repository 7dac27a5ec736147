"""The kodeviser of these tests is the build that is handed out."""

import pytest

from host_tools.image.image import build_image


@pytest.fixture(scope="session")
def image() -> bytes:
    """Return a kodeviser's file system, production build."""
    return build_image("kodeviser", "pico", production=True)

"""The golden pictures of the docs: `make docs` draws them, a test compares them."""

from pathlib import Path

FOLDER = Path(__file__).parents[3] / "docs" / "images"

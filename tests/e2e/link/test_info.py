"""What a token says of its condition."""

from pathlib import Path

from emulator.session import Emulator
from host_tools.image.image import build_image
from host_tools.link.session import open_session


def test_a_full_file_system_has_nothing_left_and_not_less(tmp_path: Path):
    """A kodeoplæser's development image fills a Pico's, and littlefs counts folders twice."""
    image = build_image("kodeoplaeser", "pico")
    with Emulator("kodeoplaeser", "pico", tmp_path, image=image) as emulator:
        emulator.plug()
        emulator.advance(2)
        assert open_session(emulator.port, None, lambda number: True).info()["flash_free"] == 0

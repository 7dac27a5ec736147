"""What is said while an emulated token is made, and where its link may lie; its folders are tested
with the commands."""

import contextlib
from pathlib import Path

import pytest

from host_tools.desktop.token_folder import TokenFolder, check_endpoints, emulated
from host_tools.errors import KodebrikError
from host_tools.image import image


@pytest.mark.parametrize(
    ("product", "cached", "told"),
    [
        ("kodeviser", False, "Building kodeviser for pico2"),
        ("kodeoplaeser", False, "and its voice, which takes half a minute"),
        ("kodeoplaeser", True, "Building kodeoplaeser for pico2"),
    ],
)
def test_a_voice_that_is_built_first_is_mentioned(tmp_path, monkeypatch, product, cached, told):
    class StopHereError(Exception):
        """Ends the test before anything is built."""

    said = []

    def build_tree(*_):
        raise StopHereError

    @contextlib.contextmanager
    def say(line):
        said.append(line)
        yield

    monkeypatch.setattr(image, "build_tree", build_tree)
    if not cached:
        monkeypatch.setenv("KODEBRIK_VOICES", str(tmp_path / "voices"))
    else:
        monkeypatch.setattr("host_tools.voice.store.has_pack", lambda _: True)
    folder = TokenFolder(tmp_path / "token", product, "pico2")
    with pytest.raises(StopHereError), emulated(folder, say, said.append):
        pass
    assert told in said[0]
    assert ("voice" in said[0]) == (product == "kodeoplaeser" and not cached)


def test_a_link_may_lie_in_a_folder_that_is_made_for_the_token(tmp_path: Path):
    folder = tmp_path / "build" / "token"
    check_endpoints(folder, folder / "link", None)
    check_endpoints(folder, tmp_path / "build" / "link", None)
    with pytest.raises(KodebrikError, match="cannot be offered"):
        check_endpoints(folder, tmp_path / "elsewhere" / "link", None)

"""kodebrik case."""

import json
import sys
from importlib.util import find_spec

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode


@pytest.mark.skipif(find_spec("cadquery") is None, reason="CadQuery is not installed: make case")
def test_it_writes_both_halves_twice(tmp_path, capsys):
    folder = tmp_path / "case"
    assert main(["case", "--product", "kodeoplaeser", "--output", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = ["body.stl", "body.step", "lid.stl", "lid.step"]
    assert told == {
        "product": "kodeoplaeser",
        "board": "pico",
        "files": [str(folder / name) for name in wanted],
    }
    assert all((folder / name).stat().st_size > 10_000 for name in wanted)


def test_without_cadquery_the_error_says_what_to_install_and_nothing_is_left(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "cadquery", None)
    folder = tmp_path / "case"
    assert main(["case", "--output", str(folder)]) == ExitCode.NOT_INSTALLED
    assert "kodebrik[case]" in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_is_there_is_not_touched(tmp_path, capsys):
    assert main(["case", "--output", str(tmp_path)]) == ExitCode.FILE
    assert not list(tmp_path.iterdir())
    for option in ("--product", "--board"):
        assert main(["case", "--output", str(tmp_path / "x"), option, "abacus"]) == ExitCode.USAGE
    capsys.readouterr()

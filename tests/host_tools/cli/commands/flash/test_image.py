"""kodebrik flash image: one file for a board, or the one mistake that there was."""

import hashlib
import json

import pytest

from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import bundle, image_file, micropython
from host_tools.image.image import load_board
from tests.support.flashing import official
from tests.support.flashing.littlefs_reader import files


@pytest.fixture
def given(tmp_path):
    """A MicroPython file for a board."""

    def make(board, data=None):
        path = tmp_path / f"{board}-micropython"
        path.write_bytes(data or official.stand_in(board))
        return str(path)

    return make


def flash_image(output, given, board, *arguments):
    command = ["flash", "image", "--board", board, "--micropython", given(board)]
    return main([*command, "-o", str(output), *arguments])


@pytest.mark.parametrize("board", official.BUILDS)
def test_one_file_for_each_board_with_the_manifest_in_it(tmp_path, given, capsys, board):
    output = tmp_path / "token"
    assert flash_image(output, given, board, "--language", "en,da", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    data = output.read_bytes()
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    found = files(bundle.file_system(data, load_board(board)))
    assert said["manifest_embedded"]
    assert json.loads(found.pop("manifest.json")) == said["manifest"]
    assert said["manifest"]["files"] == {
        path: hashlib.sha256(content).hexdigest() for path, content in found.items()
    }
    assert said["manifest"]["languages"] == ["en", "da"]
    assert said["manifest"]["build"] == "development"


def test_the_lines_name_every_file(tmp_path, given, capsys):
    assert flash_image(tmp_path / "a.uf2", given, "pico", "--production") == 0
    first = capsys.readouterr().out
    assert "MicroPython 1.28.0 for Raspberry Pi Pico with RP2040" in first
    assert f"{hashlib.sha256((tmp_path / 'a.uf2').read_bytes()).hexdigest()}" not in first
    assert "  main.py\n" in first
    assert "production build" in first
    assert flash_image(tmp_path / "b.uf2", given, "pico", "--production") == 0
    assert (tmp_path / "a.uf2").read_bytes() == (tmp_path / "b.uf2").read_bytes()


def test_the_fullest_image_has_room_for_a_manifest(tmp_path, given, capsys):
    """A kodeoplæser with two voices on a Pico."""
    output = tmp_path / "token.uf2"
    arguments = ("--product", "kodeoplaeser", "--json")
    assert flash_image(output, given, "pico", *arguments) == 0
    said = json.loads(capsys.readouterr().out)
    found = files(bundle.file_system(output.read_bytes(), load_board("pico")))
    embedded = json.loads(found["manifest.json"])
    assert embedded == (said["manifest"] if said["manifest_embedded"] else said["embedded"])


def test_a_short_manifest_is_said_so(tmp_path, given, capsys, monkeypatch):
    def embed(tree, built, filesystem):
        return tree, False

    monkeypatch.setattr("host_tools.flashing.manifest.embed", embed)
    assert flash_image(tmp_path / "token.uf2", given, "pico") == 0
    assert "does not fit on the board" in capsys.readouterr().out


def test_without_micropython_it_says_which_file_to_get(tmp_path, capsys):
    code = main(["flash", "image", "--board", "pico2", "-o", str(tmp_path / "x.uf2")])
    assert code == ExitCode.USAGE
    assert "RPI_PICO2-YYYYMMDD-v1.28.0.uf2" in capsys.readouterr().err
    assert not (tmp_path / "x.uf2").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--board", "abacus"], ExitCode.USAGE),
        (["--product", "abacus"], ExitCode.USAGE),
        (["--language", "da,xx"], ExitCode.USAGE),
        (["--micropython", "nowhere.uf2"], ExitCode.FILE),
        (["--micropython", "."], ExitCode.FILE),
        (["--voice", "nowhere.kvp"], ExitCode.FILE),
    ],
)
def test_mistakes_leave_no_file(tmp_path, given, capsys, change, code):
    output = tmp_path / "x.uf2"
    assert flash_image(output, given, "pico", *change) == code
    assert capsys.readouterr().err.count("\n") >= 2
    assert not output.exists()


def test_a_file_that_is_there_is_kept(tmp_path, given):
    output = tmp_path / "x.uf2"
    output.write_text("mine")
    assert flash_image(output, given, "pico") == ExitCode.FILE
    assert output.read_text() == "mine"


def test_an_output_that_cannot_be_written_is_said_so(tmp_path, given, capsys):
    (tmp_path / "file").write_text("")
    assert flash_image(tmp_path / "file" / "x.uf2", given, "pico") == ExitCode.FILE
    assert "Cannot write" in capsys.readouterr().err


def test_a_wrong_micropython_is_said_so(tmp_path, given, capsys):
    path = given("pico", official.rp2("pico2"))
    arguments = ["flash", "image", "--micropython", path, "-o", str(tmp_path / "x.uf2"), "--json"]
    assert main(arguments) == ExitCode.BAD_INPUT
    assert json.loads(capsys.readouterr().out)["id"] == "flash-micropython-chip"


def test_a_file_larger_than_any_flash_is_not_read(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("host_tools.cli.commands.flash.image._LARGEST", 100)
    (tmp_path / "m").write_bytes(bytes(101))
    arguments = ["flash", "image", "--micropython", str(tmp_path / "m"), "-o", str(tmp_path / "x")]
    assert main(arguments) == ExitCode.BAD_INPUT
    assert "far larger" in capsys.readouterr().err


def marked(version=VERSION, product="kodeviser", build="production", languages="da,en"):
    text = f"kodebrik firmware {version}: {product} pico {build} {languages}"
    return official.rp2("pico", frozen=text)


def test_with_the_firmware_frozen_in_the_file_system_has_the_rest(tmp_path, given, capsys):
    path, output = given("pico", marked(languages="en,da")), tmp_path / "token.uf2"
    arguments = ["flash", "image", "--micropython", path, "--production", "-o", str(output)]
    assert main([*arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["manifest"]["form"] == "frozen"
    assert said["manifest"]["languages"] == ["en", "da"], "those that are frozen in"
    assert said["manifest"]["files"] == {}
    found = image_file.read(output.read_bytes())
    assert found.frozen
    assert set(found.files) == {"manifest.json"}
    assert main([*arguments[:-1], str(tmp_path / "other.uf2")]) == 0
    assert "frozen into MicroPython" in capsys.readouterr().out


def test_from_files_is_the_other_form_of_the_same_release(tmp_path, given, capsys):
    assert flash_image(tmp_path / "token.uf2", given, "pico", "--json") == 0
    assert json.loads(capsys.readouterr().out)["manifest"]["form"] == "files"
    assert not image_file.read((tmp_path / "token.uf2").read_bytes()).frozen


@pytest.mark.parametrize(
    ("micropython", "words"),
    [
        (marked(version="0.0.9"), "0.0.9: kodeviser pico production da,en"),
        (marked(product="kodeoplaeser"), "kodeoplaeser pico"),
        (marked(build="development"), "development"),
    ],
)
def test_another_frozen_firmware_is_refused_by_name(tmp_path, given, capsys, micropython, words):
    path, output = given("pico", micropython), tmp_path / "token.uf2"
    command = ["flash", "image", "--micropython", path, "--production", "-o", str(output)]
    assert main([*command, "--json"]) == ExitCode.BAD_INPUT
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == "flash-frozen-other"
    assert words in said["error"]
    assert f"{VERSION}: kodeviser pico production da,en" in said["error"]
    assert not output.exists()


def test_other_languages_than_the_frozen_ones_are_refused(tmp_path, given, capsys):
    path, output = given("pico", marked()), tmp_path / "token.uf2"
    command = ["flash", "image", "--micropython", path, "--production", "--language", "en"]
    assert main([*command, "-o", str(output), "--json"]) == ExitCode.BAD_INPUT
    assert json.loads(capsys.readouterr().out)["id"] == "flash-frozen-other"


def test_a_frozen_firmware_that_does_not_say_what_it_is_is_refused(tmp_path, given, capsys):
    path = given("pico", official.rp2("pico", frozen="no mark"))
    command = ["flash", "image", "--micropython", path, "-o", str(tmp_path / "x.uf2"), "--json"]
    assert main(command) == ExitCode.BAD_INPUT
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == "flash-frozen-unmarked"
    assert "kodebrik image --freeze" in said["hint"]


def test_a_build_of_ones_own_may_be_called_dirty_when_it_has_our_firmware():
    board = load_board("pico")
    ours = "kodebrik firmware 0.1.0: kodeviser pico production da"
    version = "v1.28.0-dirty on 2026-04-06"
    release = micropython.check(official.rp2("pico", version, frozen=ours), board)
    assert (release.version, release.frozen.languages) == ("1.28.0-dirty", ("da",))
    with pytest.raises(KodebrikError) as raised:
        micropython.check(official.rp2("pico", version), board)
    assert raised.value.identifier == "flash-micropython-version"


def test_a_frozen_firmware_is_not_written_over_a_serial_port(tmp_path, given, capsys):
    path, output = given("pico", marked()), tmp_path / "token.uf2"
    command = ["flash", "image", "--micropython", path, "--production", "-o", str(output)]
    assert main(command) == 0
    capsys.readouterr()
    assert main(["flash", "write", "/dev/null", "--image", str(output), "--json"]) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().out)["id"] == "flash-frozen-serial"

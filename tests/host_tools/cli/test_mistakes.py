"""Mistakes of users are told in words and never as a defect; a defect leaves a report without
values."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from host_tools.cli import defects, main
from host_tools.errors import ExitCode
from tests.support.command_line.keyboard import Keyboard
from tests.support.limits import REAL_LIMIT

ROOT = Path(__file__).parents[3]
SECRET = "the secret 5ec2e7"


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """Where reports are written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def changed(tmp_path):
    """Run kodebrik with a firmware of which one file is changed: its output, which is an error."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "firmware", tree / "firmware")

    def act(path, old, new, *arguments):
        file = tree / "firmware" / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        done = subprocess.run(
            [sys.executable, "-m", "kodebrik", *arguments, "--board", "pico"],
            check=False,
            capture_output=True,
            text=True,
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            timeout=REAL_LIMIT,
        )
        assert done.returncode == ExitCode.BAD_INPUT, done.stderr
        assert "defect" not in done.stderr
        return done.stderr

    return act


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'"""\xe6"""\nVERSION = "0.1.0"\n', "'utf-8' codec can't decode"),
        (b'VERSION = "0.1.0\n', "unterminated string"),
    ],
)
def test_a_firmware_file_that_the_host_reads_itself_is_named_too(tmp_path, content, fault):
    shutil.copytree(ROOT / "firmware", tmp_path / "firmware")
    (tmp_path / "firmware/version.py").write_bytes(content)
    for language, said in (("en_GB.UTF-8", "is no Python"), ("da_DK.UTF-8", "er ikke Python")):
        done = subprocess.run(
            [sys.executable, "-m", "kodebrik", "--version"],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": language},
            timeout=REAL_LIMIT,
        )
        assert done.returncode == ExitCode.BAD_INPUT, done.stderr
        assert re.search(rf"firmware/version.py, linj?e 1, {said}: .*{fault}", done.stderr)
        assert "Traceback" not in done.stderr


IMAGE = ("image", "--output", "out")
EMULATE = ("emulate", "kodeviser", "--headless", "--state", "token")


@pytest.mark.parametrize("command", [IMAGE, EMULATE], ids=["image", "emulate"])
@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (
            "ui/fob/code.py",
            "from firmware",
            "from from",
            r"fob/code.py, line \d+, is no",
        ),
        ("boards/pico.py", "BOARD = {", "BOARD = {{", r"firmware/boards/pico.py, line \d+, is no"),
        ("boards/pico.py", "BOARD =", "PLANK =", r"boards/pico.py does not define BOARD"),
        ("boards/pico.py", '"ssd1306"', '"ssd1307"', r"display / chip: there is no driver"),
        ("boards/pico.py", '"pin": 15', '"pin": 99', r"button / pin: 99 is no pin"),
        ("boards/pico.py", "1408 * 1024", "1408 * nope", r"pico.py, line 13, fails: name 'nope'"),
        ("boards/pico.py", "1408 * 1024", "1 // 0", r"pico.py, line 13, fails: integer division"),
        ("boards/pico.py", "BOARD =", "import nope\nBOARD =", r"line 6, fails: No module named"),
        ("boards/pico.py", '"products"', '"product"', r"products: the entry 'products' is missing"),
        ("boards/pico.py", '"mcu": "RP2040",', "", r"mcu: the entry 'mcu' is missing"),
    ],
)
def test_a_mistake_in_a_firmware_file_names_its_place(changed, command, path, old, new, told):
    assert re.search(told, changed(path, old, new, *command))


@pytest.mark.parametrize("file", ["main.py", "ui/app.py", "drivers/latch.py"])
def test_a_file_of_the_firmware_that_is_missing_is_named(file, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "firmware", tree / "firmware")
    (tree / "firmware" / file).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "kodebrik", *IMAGE],
        check=False,
        capture_output=True,
        text=True,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=REAL_LIMIT,
    )
    assert "defect" not in done.stderr
    assert file.rpartition("/")[2].removesuffix(".py") in done.stderr
    assert done.returncode in (ExitCode.FILE, ExitCode.BAD_INPUT)


@pytest.mark.parametrize("arguments", [("demo", "--state"), ("emulate", "--headless", "--state")])
def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys, reports, arguments):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "token"
    assert main([*arguments, str(folder)]) == ExitCode.FILE
    said = capsys.readouterr().err
    assert str(folder) in said
    assert "defect" not in said
    assert not list(reports.glob("kodebrik-defect-*"))


@pytest.mark.parametrize(
    ("number", "words"), [(28, "No space left"), (30, "Read-only"), (13, "Permission denied")]
)
def test_a_full_or_read_only_folder_is_named(number, words):
    told = defects.unforeseen(OSError(number, "", "/folder/of/mine"), "kodebrik")
    assert told.exit_code == ExitCode.FILE
    assert "/folder/of/mine" in told.message
    assert words in told.message


def test_a_file_of_the_program_that_is_missing_is_a_defect(reports):
    missing = FileNotFoundError(2, "", str(Path(defects.__file__).with_name("missing.py")))
    assert defects.unforeseen(missing, "kodebrik").identifier == "defect"


def test_a_defect_leaves_a_report_with_places_and_versions_and_no_value(
    capsys, monkeypatch, reports
):
    def fail(*_: object) -> None:
        local = SECRET
        try:
            raise ValueError(local)
        except ValueError as error:
            raise RuntimeError(f"failed with {local}") from error

    monkeypatch.setattr("host_tools.link.ports.devices", fail)
    assert main(["devices", "--probe"]) == ExitCode.INTERNAL
    said = capsys.readouterr()
    (report,) = reports.glob("kodebrik-defect-*.json")
    assert str(report) in said.err
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    told = json.loads(text)
    assert told["command"] == "kodebrik devices"
    assert [step["kind"] for step in told["errors"]] == ["RuntimeError", "ValueError"]
    for step in told["errors"]:
        assert re.fullmatch(r"test_mistakes.py:\d+ fail", step["places"][0])
    assert told["packages"]["typer"] == version("typer")
    for words in (text, said.err, said.out):
        assert SECRET not in words
        assert "5ec2e7" not in words


def test_the_report_names_the_command_and_none_of_its_arguments():
    names = {"keys", "derive", "show"}
    path = defects.command_path(["keys", "derive", "--serial", "show", "123"], names)
    assert path == "kodebrik keys derive"


def test_a_defect_whose_report_cannot_be_written_is_still_told(capsys, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    monkeypatch.setattr("host_tools.link.ports.devices", lambda *_: 1 / 0)
    assert main(["devices"]) == ExitCode.INTERNAL
    assert "report this line" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        "keys create --key-file {new}",
        "flash keys create --update-key-file {new}",
        "flash image --micropython {there} --output {new}.uf2",
        "flash package --output {new}.update",
        "image --output {new}.bin",
        "netlist --output {new}.net",
        "voice build --output {new}.kvp",
        "inventory export {new}.pskc --encryption-key-file {there}",
        "batch export spring {new}.pskc --encryption-key-file {there}",
        "batch letter 100000000008 {new}.pdf",
        "batch labels spring {new}.pdf",
        "batch passport 100000000008 {new}.pdf",
    ],
)
def test_a_missing_folder_is_told_before_a_passphrase_is_asked_or_anything_made(
    arguments, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: 1 / 0, terminal=True))
    there, new = tmp_path / "there", tmp_path / "folder" / "new"
    there.touch(0o600)
    code = main([*arguments.format(new=new, there=there).split(), "--json"])
    assert code == ExitCode.FILE
    assert json.loads(capsys.readouterr().out)["id"] == "folder-unwritable"
    assert list(tmp_path.iterdir()) == [there]

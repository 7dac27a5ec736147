"""kodebrik image: what is flashed."""

import json
import re
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_image, build_package, load_board, names, pack
from host_tools.image.official import build_for


def test_an_image_is_a_file_system_or_a_folder(tmp_path, capsys):
    assert main(["image", "--output", str(tmp_path / "token.bin"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    disk = LittleFS(block_size=4096, block_count=352, mount=False)
    disk.context.buffer = bytearray((tmp_path / "token.bin").read_bytes())
    disk.mount()
    assert "main.py" in disk.listdir("/")
    assert (
        main(["image", "--output", str(tmp_path / "folder"), "--board", "pico2", "--production"])
        == 0
    )
    capsys.readouterr()
    files = [path for path in (tmp_path / "folder").rglob("*") if path.is_file()]
    assert len(files) == said["files"]
    assert main(["image", "--output", str(tmp_path / "folder")]) == ExitCode.FILE
    assert (
        main(["image", "--output", str(tmp_path / "x.bin"), "--board", "abacus"]) == ExitCode.USAGE
    )


def test_what_is_told_of_a_folder_to_freeze_can_be_used_from_any_folder(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["image", "--freeze", "--output", "frozen"]) == 0
    said = capsys.readouterr().out
    assert f"FROZEN_MANIFEST={tmp_path}/frozen/manifest.py" in said
    assert str(tmp_path) not in (tmp_path / "frozen/manifest.py").read_text()
    assert (tmp_path / "frozen/firmware/hardware.py").is_file()


def test_an_image_carries_the_languages_that_were_asked_for(tmp_path):
    folder = tmp_path / "folder"
    assert main(["image", "--output", str(folder), "--language", "en"]) == 0
    package = (folder / "firmware.mpy").read_bytes()
    assert b"/ui/fob/texts_en.mpy" in package
    assert b"texts_da" not in package
    assert main(["image", "--output", str(tmp_path / "x"), "--language", "kl"]) == ExitCode.USAGE, (
        "not this product"
    )


def test_the_manifest_to_freeze_is_named_from_anywhere(tmp_path, monkeypatch, capsys):
    """MicroPython's build runs in a folder of its own, where a relative path leads elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert main(["image", "--freeze", "--output", "frozen"]) == 0
    assert f"make FROZEN_MANIFEST={tmp_path}/frozen/manifest.py" in capsys.readouterr().out
    assert (tmp_path / "frozen" / "manifest.py").is_file()


def test_an_image_has_what_its_product_needs_and_no_more():
    """Modules of another product's interface would take flash and never run."""
    package = build_package("kodeviser", "pico")
    modules = {Path(path).stem for path in package if path.startswith("ui/")}
    assert {"interaction", "code", "app", "link_services", "texts_da", "texts_en"} <= modules
    assert not {"view", "voice", "pin_entry", "challenge"} & modules
    assert not [path for path in package if path.startswith(("ui/speaking/", "speech/"))]


@pytest.mark.parametrize("languages", [("da", "en"), ("da", "da", "en"), None])
def test_two_languages_fit_the_smallest_board_and_leave_room_for_the_tokens_data(languages):
    """Two languages at five speeds with the firmware in 1.4 MB."""
    filesystem = load_board("pico")["filesystem"]
    assert (
        len(build_image("kodeoplaeser", "pico", languages=languages))
        == filesystem["size"]
        <= 1.4 * 2**20
    )


def test_what_does_not_fit_a_board_is_said_so():
    with pytest.raises(KodebrikError) as raised:
        pack({"large": bytes(1390 * 1024)}, load_board("pico")["filesystem"])
    assert "do not fit" in raised.value.message
    assert "--language" in raised.value.hint
    pack({"large": bytes(1340 * 1024)}, load_board("pico")["filesystem"])


def test_the_page_says_where_each_board_s_file_system_goes():
    page = (Path(__file__).parents[5] / "docs" / "hardware.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (0x\w+) \| `(?:picotool|esptool) .*`", page, re.MULTILINE)
    boards = {name: load_board(name) for name in names("boards")}
    assert {name: int(first, 16) for name, first in rows} == {
        name: build_for(board).filesystem for name, board in boards.items()
    }

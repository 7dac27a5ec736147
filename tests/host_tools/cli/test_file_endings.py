"""A file's name and its content do not contradict each other: each command that writes a file in
one of several formats refuses a name that ends as another one's."""

import json

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode

IMAGE = ("flash", "image", "--micropython", "{key}")
BATCH = ("batch", "export", "b")
SERIAL = "100000000008"


@pytest.mark.parametrize(
    ("command", "name", "wanted"),
    [
        ((*BATCH, "--encryption-key-file", "{key}"), "tokens.csv", ".pskc"),
        ((*BATCH, "--encryption-key-file", "{key}"), "tokens.csv.age", ".pskc"),
        ((*BATCH, "--format", "csv", "--unencrypted"), "tokens.pskc", ".csv"),
        ((*BATCH, "--format", "csv", "--unencrypted"), "tokens.csv.age", ".csv"),
        ((*BATCH, "--format", "csv", "--recipient", "age1"), "tokens.CSV", ".age"),
        (("inventory", "export", "--encryption-key-file", "{key}"), "tokens.csv", ".pskc"),
        (("batch", "letter", SERIAL), "letter.wav", ".pdf"),
        (("batch", "letter", SERIAL, "--format", "audio"), "letter.pdf", ".wav"),
        (("batch", "letter", SERIAL, "--format", "html"), "letter.txt", ".html"),
        (("batch", "letter", SERIAL, "--format", "braille"), "letter.html", ".brf"),
        (("batch", "labels", "b"), "labels.html", ".pdf"),
        (("batch", "passport", SERIAL), "passport.html", ".json"),
        (("letter", SERIAL), "letter.pdf", ".html"),
        ((*IMAGE, "-o"), "token.bin", ".uf2"),
        ((*IMAGE, "--board", "esp32_s3", "-o"), "token.uf2", ".bin"),
        (("image", "--output"), "token.uf2", ".bin"),
    ],
)
def test_a_name_of_another_format_is_refused_first(
    tmp_path, monkeypatch, capsys, command, name, wanted
):
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    key = tmp_path / "agreed"
    key.write_text("ab" * 16)
    key.chmod(0o600)
    output = tmp_path / name
    filled = [argument.format(key=key) for argument in command]
    assert main([*filled, str(output), "--json"]) == ExitCode.USAGE
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == "file-ending-other"
    assert f"ends in .{name.rpartition('.')[2].lower()}" in said["error"]
    assert f"end in {wanted}," in said["hint"]
    assert [path.name for path in tmp_path.iterdir()] == ["agreed"]

"""kodebrik batch letter, letters, labels and passport, of a batch that is done."""

import json
import shlex
import shutil
import socket
import wave

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Batch
from host_tools.provisioning.inventory_records import FAILED
from tests.support import drawn_pdf
from tests.support.command_line.inventory import NOW, SECRET, opened, record
from tests.support.stated_passport import STATED

SERIALS = ["022349473722", "100000000008"]
ASIDE = "633638645059"


@pytest.fixture(autouse=True)
def made(tmp_path, monkeypatch):
    """An inventory with a batch of two tokens that are done, and one that was put aside."""
    place = tmp_path / "inventory.sqlite"
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(place))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with opened(place) as inventory:
        batch = Batch("b", "kodeviser", 2, "x", "SHA1", 6, 30, "ab" * 8, "anna", NOW)
        batches.create(inventory, batch)
        for serial in SERIALS:
            job = batches.take(inventory, "b", serial, "east", NOW)
            record(inventory, serial, Credential("x", SECRET), batch="b")
            stated = {name: value for name, value in STATED.items() if name != "version"}
            batches.finish(inventory, job, stated | {"serial": serial}, NOW)
        record(inventory, ASIDE, Credential("x", SECRET), state=FAILED)


def call(capsys, *arguments):
    capsys.readouterr()
    code = main(["batch", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_letter_in_each_form(tmp_path, capsys):
    for form, name in (("pdf", "a.pdf"), ("html", "a.html"), ("audio", "a.wav")):
        options = ["--format", form, "--language", "da", "--site", "https://x.dk/activate"]
        code, said = call(capsys, "letter", SERIALS[0], tmp_path / name, *options)
        assert (code, said) == (0, {"serial": SERIALS[0], "file": str(tmp_path / name)})
    assert "Pas godt på den" in drawn_pdf.text(tmp_path / "a.pdf")
    assert drawn_pdf.codes(tmp_path / "a.pdf") == [("QR Code", "https://x.dk/activate")]
    assert '<html lang="da">' in (tmp_path / "a.html").read_text()
    with wave.open(str(tmp_path / "a.wav")) as sound:
        assert sound.getnframes() / sound.getframerate() > 30
    assert SECRET.reveal() not in (tmp_path / "a.pdf").read_bytes()


@pytest.mark.skipif(
    shutil.which("lou_translate") is None, reason="liblouis is not installed (Debian: liblouis-bin)"
)
def test_letters_in_braille(tmp_path, capsys):
    options = ["--format", "braille", "--language", "en"]
    assert call(capsys, "letters", "b", tmp_path / "letters", *options)[0] == 0
    content = (tmp_path / "letters" / f"{SERIALS[1]}.en.brf").read_text("ascii")
    assert '#AJJJ"JJJJ"JJJH' in content, "1000 0000 0008"


def test_the_page_to_activate_on_comes_from_the_configuration(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KODEBRIK_ACTIVATION_PAGE", "https://login.example.dk/activate")
    assert call(capsys, "letter", SERIALS[0], tmp_path / "a.html", "--format", "html")[0] == 0
    assert "login.example.dk/activate" in (tmp_path / "a.html").read_text()


def test_letters_that_are_there_are_not_written_over_and_only_missing_ones_when_told(
    tmp_path, capsys
):
    folder = tmp_path / "letters"
    folder.mkdir()
    kept = folder / f"{SERIALS[0]}.en.html"
    kept.write_text("kept")
    command = ["letters", "b", folder, "--format", "html", "--language", "en"]
    code, said = call(capsys, *command)
    assert (code, said["id"]) == (ExitCode.FILE, "batch-letters-exist")
    assert str(kept) in said["error"]
    assert list(folder.iterdir()) == [kept]
    code, said = call(capsys, *command, "--missing")
    assert (code, said["letters"], said["written"]) == (0, 2, 1)
    assert kept.read_text() == "kept"
    assert "1000 0000 0008" in (folder / f"{SERIALS[1]}.en.html").read_text()
    assert len(list(folder.iterdir())) == 2


def test_labels_on_a_sheet(tmp_path, capsys):
    code, said = call(capsys, "labels", "b", tmp_path / "labels.pdf")
    assert (code, said["labels"]) == (0, 2)
    read = sorted(drawn_pdf.codes(tmp_path / "labels.pdf"))
    assert read == [("Code 128", serial) for serial in SERIALS]


def test_a_passport_is_written_and_verified(tmp_path, capsys):
    path = tmp_path / "passport.json"
    assert call(capsys, "passport", SERIALS[0], path)[0] == 0
    code, said = call(capsys, "passport", "--verify", path)
    assert (code, said["genuine"], said["passport"]["serial"]) == (0, True, SERIALS[0])
    changed = json.loads(path.read_text())
    changed["passport"]["battery_mv"] = 3300
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    code, said = call(capsys, "passport", "--verify", tmp_path / "changed.json")
    assert (code, said["id"]) == (ExitCode.CHECK_FAILED, "passport-changed")


def test_a_passport_as_a_page(tmp_path, capsys):
    path = tmp_path / "passport.pdf"
    assert call(capsys, "passport", SERIALS[0], path, "--language", "da")[0] == 0
    assert drawn_pdf.is_tagged(path)
    assert f"Testpas {SERIALS[0]}" in drawn_pdf.text(path)


@pytest.mark.parametrize(
    ("arguments", "identifier"),
    [
        (("passport",), "passport-options"),
        (("passport", SERIALS[0]), "passport-options"),
        (("passport", SERIALS[0], "{new}", "--verify", "{new}"), "passport-options"),
        (("passport", "100000000016", "{new}"), "batch-token-not-done"),
        (("passport", "123", "{new}"), "serial-number-invalid"),
        (("letter", "123456789012", "{new}"), "serial-number-mistyped"),
        (("letter", "100000000016", "{new}"), "inventory-token-unknown"),
        (("letter", ASIDE, "{new}"), "batch-token-not-done"),
        (("letter", SERIALS[0], "{new}", "--language", "kl"), "letter-language-unknown"),
        (("letter", SERIALS[0], "{old}"), "file-exists"),
        (("letter", SERIALS[0], "{new}", "--site", "not a page"), "letter-site-invalid"),
        (("letters", "b", "{new}", "--site", "ftp://a/b"), "letter-site-invalid"),
        (
            ("letter", SERIALS[0], "{new}", "--site", "https://a/" + "b" * 500),
            "letter-site-invalid",
        ),
        (("letters", "b", "{old}"), "file-unwritable"),
        (("release", SERIALS[0]), "batch-token-done"),
        (("labels", "c", "{new}"), "batch-unknown"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, capsys, arguments, identifier):
    names = {"new": tmp_path / "new.pdf", "old": tmp_path / "inventory.sqlite"}
    code, said = call(capsys, *(argument.format(**names) for argument in arguments))
    assert code
    assert said["id"] == identifier
    assert not names["new"].exists()


def listed(capsys):
    capsys.readouterr()
    main(["batch", "list"])
    _, _, *said = capsys.readouterr().out.splitlines()
    batch = call(capsys, "list")[1]["batches"][0]
    assert batch["without_records"] == (2 if said else 0)
    assert len(batch["records_missing"]) == len(said)
    for there in batch["records_missing"]:
        assert there["serials"] == SERIALS
        assert there["folder"] is None or f" {shlex.quote(there['folder'])}" in said[0]
    return said


def test_the_list_says_where_labels_and_passports_are_missing_and_what_writes_them(
    tmp_path, monkeypatch, capsys
):
    """The command that it names, also of a batch that is closed."""
    (said,) = listed(capsys)
    assert "b: of 2 tokens that are done, label and passport were not written yet." in said
    folder = tmp_path / "of spring"
    assert call(capsys, "records", "b", folder)[1]["written"] == 2
    assert listed(capsys) == []
    names = {f"{serial}{ending}" for serial in SERIALS for ending in (".svg", ".passport.json")}
    assert {path.name for path in folder.iterdir()} == names
    for serial in SERIALS:
        assert call(capsys, "passport", "--verify", folder / f"{serial}.passport.json")[0] == 0

    call(capsys, "close", "b")
    (folder / f"{SERIALS[0]}.svg").unlink()
    (folder / f"{SERIALS[1]}.passport.json").write_bytes(b"")  # as a full disk leaves one
    (said,) = listed(capsys)
    assert f"2 tokens that are done, label or passport is missing in {folder}." in said
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "elsewhere")
        assert listed(capsys) == [], "nobody can look into another computer's folder"
    _, *command = shlex.split(said.partition("Write what is missing: ")[2])
    assert main(command) == 0
    assert listed(capsys) == []
    assert {path.name for path in folder.iterdir()} == names
    assert call(capsys, "records", "b", folder)[1]["written"] == 0
    (folder / f"{SERIALS[0]}.svg").write_bytes(b"")
    assert call(capsys, "records", "b", folder)[1]["written"] == 1
    assert (folder / f"{SERIALS[0]}.svg").read_bytes()


def test_no_records_are_written_of_a_batch_of_which_nothing_is_done(tmp_path, capsys):
    with opened(tmp_path / "inventory.sqlite") as inventory:
        batches.create(
            inventory, Batch("c", "kodeviser", 1, "x", "SHA1", 6, 30, "ab" * 8, "anna", NOW)
        )
    code, said = call(capsys, "records", "c", tmp_path / "c")
    assert (code, said["id"]) == (ExitCode.BAD_INPUT, "batch-nothing-done")
    assert not (tmp_path / "c").exists()

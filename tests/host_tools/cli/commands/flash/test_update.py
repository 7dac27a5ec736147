"""kodebrik flash keys, package and update: from the key to a token that answers with the new
version."""

import json
import stat
import sys
from pathlib import Path

import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import TOKEN_ERRORS, ExitCode
from host_tools.flashing import image_file, update_package
from host_tools.image import image as images
from host_tools.provisioning import update_key_file
from host_tools.provisioning.update_key_file import UpdateKey
from host_tools.secret import Secret
from tests.support.emulated.token import KEY, START, TokenUnderTest, totp
from tests.support.emulated.updates import NEXT, SIGNER, image, update
from tests.support.flashing import official
from tests.support.flashing.littlefs_reader import files

PHRASE = "a passphrase of words"
FILESYSTEM = images.load_board("pico")["filesystem"]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("KODEBRIK_PASSPHRASE", PHRASE)


@pytest.fixture
def call(capsys: pytest.CaptureFixture):
    """Run a command with --json; give exit code and result."""

    def act(*arguments: object) -> tuple[int, dict]:
        capsys.readouterr()
        code = main([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return act


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a file with the token's access key."""
    path = tmp_path / "access.key"
    path.touch(0o600)
    path.write_text(KEY.hex())
    return path


@pytest.fixture
def served(tmp_path: Path):
    """Serve a production token in use that takes updates by SIGNER; give emulator and port."""
    with Emulator(state=tmp_path / "token", image=image(), time=START) as emulator:
        TokenUnderTest(emulator).provision(totp())
        port = emulator.open_pty(tmp_path / "port")
        with emulator.serving():
            yield emulator, port


def written(package: update_package.UpdatePackage, path: Path) -> Path:
    path.write_bytes(package.encode())
    return path


def test_a_key_is_created_under_a_passphrase_and_signs_a_package(call, tmp_path: Path):
    code, created = call("flash", "keys", "create")
    assert code == 0
    private, public = Path(created["file"]), Path(created["public"])
    assert private == tmp_path / "config" / "kodebrik" / "update.key"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    key = update_key_file.unseal(private.read_bytes(), Secret(PHRASE.encode()))
    assert key.public == update_key_file.read_public(public.read_bytes(), public)
    assert created["fingerprint"] == update_key_file.fingerprint(key.public)
    assert call("flash", "keys", "create")[0] == ExitCode.FILE, "never overwritten"
    out = tmp_path / "new.update"
    code, built = call("flash", "package", "-o", out, "--production", "--minimum", "0.0.1")
    assert code == 0
    found = update_package.read(out.read_bytes())
    assert found.signed.signature == key.sign_manifest(found.signed.manifest)
    assert found.signed.package == images.build_tree("kodeviser", "pico", True)["firmware.mpy"]
    assert found.fields == {
        "product": "kodeviser",
        "board": "pico",
        "build": "production",
        "languages": ["da", "en"],
        "version": VERSION,
        "minimum": "0.0.1",
        "bytecode": 3 << 8 | 6,  # mpy-cross 1.28: version 6.3
        "size": len(found.signed.package),
        "sha256": found.fields["sha256"],
    }
    assert built["manifest"]["sha256"] == found.fields["sha256"].hex()
    assert call("flash", "package", "-o", out)[1]["id"] == "file-exists"


def test_a_key_without_a_long_passphrase_is_refused_before_it_is_sealed(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KODEBRIK_PASSPHRASE", "a")
    monkeypatch.setattr(UpdateKey, "seal", lambda *_: pytest.fail("sealed"))
    code, result = call("flash", "keys", "create")
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "passphrase-short")


def test_the_public_half_of_a_key_signs_nothing_and_is_named(
    call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    _, created = call("flash", "keys", "create")
    Path(created["public"]).chmod(0o644)
    command = ["flash", "package", "-o", str(tmp_path / "x.update"), "--update-key-file"]
    assert main([*command, created["public"]]) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert "public half" in said
    assert "Others can read" not in said


def test_a_private_key_for_an_image_is_refused_before_micropython_is_asked_for(
    call, tmp_path: Path
):
    _, created = call("flash", "keys", "create")
    out = tmp_path / "token.uf2"
    code, result = call("flash", "image", "-o", out, "--update-key", created["file"])
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "update-public-key-invalid")


def test_a_new_key_is_signed_by_the_old_one(call, tmp_path: Path):
    call("flash", "keys", "create")
    new, statement = tmp_path / "second.key", tmp_path / "second.statement"
    code, rotated = call("flash", "keys", "rotate", "--new-key-file", new, "--statement", statement)
    assert code == 0
    successor = update_key_file.unseal(new.read_bytes(), Secret(PHRASE.encode())).public
    key, signature = update_key_file.read_statement(statement.read_bytes(), statement)
    old = Path(tmp_path / "config" / "kodebrik" / "update.key").read_bytes()
    assert key == successor
    assert signature == update_key_file.unseal(old, Secret(PHRASE.encode())).sign_successor(key)
    assert rotated["fingerprint"] == update_key_file.fingerprint(key)
    again = call("flash", "keys", "rotate", "--new-key-file", new, "--statement", statement)
    assert again[0] == ExitCode.FILE


def test_an_image_holds_the_public_key(call, tmp_path: Path):
    _, created = call("flash", "keys", "create")
    micropython = tmp_path / "micropython.uf2"
    micropython.write_bytes(official.stand_in("pico"))
    out = tmp_path / "token.uf2"
    arguments = ("--micropython", micropython, "-o", out, "--update-key", created["public"])
    assert call("flash", "image", *arguments)[0] == 0
    public = Path(created["public"])
    key = update_key_file.read_public(public.read_bytes(), public)
    assert image_file.read(out.read_bytes()).files["update.key"] == key
    out.unlink()
    code, result = call("flash", "image", *arguments[:-1], created["file"])
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "update-public-key-invalid")


def test_an_image_that_leaves_no_room_for_an_update_takes_no_update_key(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A Pico has room for a development build's package twice beside one language, not beside two
    voices of one, nor beside two languages if the package were a block larger."""
    monkeypatch.setattr(images, "_GROWTH", images._GROWTH + 4096)
    _, created = call("flash", "keys", "create")
    micropython = tmp_path / "micropython.uf2"
    micropython.write_bytes(official.stand_in("pico"))
    out = tmp_path / "token.uf2"
    command = ("flash", "image", "--product", "kodeoplaeser", "--micropython", micropython)
    command += ("-o", out, "--update-key", created["public"], "--language")
    code, result = call(*command, "da,en")
    assert (code, result["id"]) == (ExitCode.CONFLICT, "update-without-room")
    assert not out.exists()
    code, result = call(*command, "da")
    assert (code, result["two_voices"]) == (0, [])


def test_a_token_is_updated_and_says_so(call, served, key_file: Path, tmp_path: Path):
    _, port = served
    package = written(update(), tmp_path / "new.update")
    code, result = call(
        "flash", "update", port, "--package", package, "--access-key-file", key_file
    )
    assert code == 0, result
    assert (result["from"], result["version"]) == (VERSION, NEXT)
    assert call("accounts", "list", "--port", port, "--access-key-file", key_file)[1]["accounts"]
    again = call("flash", "update", port, "--package", package, "--access-key-file", key_file)
    assert again[1]["id"] == "update-not-newer"


def test_an_update_that_does_not_come_up_is_reported(
    call, served, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _, port = served
    monkeypatch.setattr("host_tools.flashing.arrival.TIMEOUT", 6.0)
    bad = written(update(sources={"ui/app": "raise ValueError\n"}), tmp_path / "bad.update")
    code, result = call("flash", "update", port, "--package", bad, "--access-key-file", key_file)
    assert (code, result["id"]) == (ExitCode.CHECK_FAILED, "update-rolled-back")
    assert VERSION in result["error"]
    assert call("accounts", "list", "--port", port, "--access-key-file", key_file)[1]["accounts"]


def test_a_port_is_named_once(call, monkeypatch: pytest.MonkeyPatch):
    command = ("flash", "update", "a", "--package", "none")
    code, result = call(*command, "--port", "b")
    assert (code, result["id"]) == (ExitCode.USAGE, "port-twice")
    assert call(*command, "--port", "a")[1]["id"] == "file-unreadable"
    monkeypatch.setenv("KODEBRIK_PORT", "b")
    assert call(*command)[1]["id"] == "file-unreadable"


def test_a_statement_leads_to_the_new_key(call, served, key_file: Path, tmp_path: Path):
    emulator, port = served
    new = update_key_file.generate()
    package = written(update(key=new), tmp_path / "new.update")
    command = ("flash", "update", port, "--package", package, "--access-key-file", key_file)
    code, result = call(*command)
    assert (code, result["id"]) == (
        TOKEN_ERRORS + messages.UPDATE_FORGED,
        "token-error.update-forged",
    )
    statement = tmp_path / "new.statement"
    statement.write_bytes(update_key_file.write_statement(SIGNER, new.public))
    assert call(*command, "--key-statement", statement)[0] == 0
    assert files(emulator.flash.read(0, FILESYSTEM["size"]))["update.key"] == new.public


def test_an_update_by_another_key_than_the_statements_is_refused_before_it_is_sent(
    call, served, key_file: Path, tmp_path: Path
):
    """By the old key, which the token would take it by, and keep."""
    emulator, port = served
    first, second = update_key_file.generate(), update_key_file.generate()
    paths = [tmp_path / "first.statement", tmp_path / "second.statement"]
    paths[0].write_bytes(update_key_file.write_statement(SIGNER, first.public))
    paths[1].write_bytes(update_key_file.write_statement(first, second.public))
    for number, signer in enumerate((SIGNER, first)):
        package = written(update(key=signer), tmp_path / f"{number}.update")
        options = [item for path in paths for item in ("--key-statement", path)]
        code, result = call(
            *("flash", "update", port, "--package", package, "--access-key-file", key_file),
            *options,
        )
        assert (code, result["id"]) == (ExitCode.CONFLICT, "update-statement-other-key")
        assert update_key_file.fingerprint(second.public) in result["error"]
    assert files(emulator.flash.read(0, FILESYSTEM["size"]))["update.key"] == SIGNER.public


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"version": VERSION}, "update-not-newer"),
        ({"minimum": "8.0.0"}, "update-between"),
        ({"product": "kodeoplaeser"}, "update-for-other"),
        ({"production": False}, "update-for-other"),
        ({"languages": ("da",)}, "update-other-languages"),
    ],
    ids=["version", "one between", "product", "build", "languages"],
)
def test_what_the_token_would_refuse_is_said_before(
    call, served, key_file: Path, tmp_path: Path, changes: dict, error: str
):
    package = written(update(**changes), tmp_path / "other.update")
    code, result = call(
        "flash", "update", served[1], "--package", package, "--access-key-file", key_file
    )
    assert (code, result["id"]) == (ExitCode.CONFLICT, error)
    if "languages" in changes:
        assert result["error"] == "The package is for the languages da; the token has da,en."


def test_a_token_without_update_key_takes_none(call, key_file: Path, tmp_path: Path):
    """A development image, too: it has none unless --update-key names one."""
    plain = images.build_image("kodeviser", "pico")
    with Emulator(state=tmp_path / "token", image=plain, time=START) as emulator:
        TokenUnderTest(emulator).provision(totp())
        port = emulator.open_pty(tmp_path / "port")
        with emulator.serving():
            package = written(update(production=False), tmp_path / "new.update")
            code, result = call(
                "flash", "update", port, "--package", package, "--access-key-file", key_file
            )
    assert (code, result["id"]) == (
        TOKEN_ERRORS + messages.NO_UPDATE_KEY,
        "token-error.no-update-key",
    )
    assert "--update-key" in result["hint"]


@pytest.mark.parametrize("content", [b"", b"text", b"\xa0", update().encode()[:-1]], ids=len)
def test_what_is_no_package_is_refused(call, tmp_path: Path, content: bytes):
    path = tmp_path / "some.file"
    path.write_bytes(content)
    code, result = call("flash", "update", "/dev/null", "--package", path)
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "update-file-invalid")


def test_what_is_no_statement_is_refused(call, tmp_path: Path):
    package = written(update(), tmp_path / "new.update")
    path = tmp_path / "some.statement"
    true = json.loads(update_key_file.write_statement(SIGNER, bytes(32)))
    for content in (b"", b"[]", b"{}", json.dumps(true | {"new": "00" * 31 + "01"}).encode()):
        path.write_bytes(content)
        code, result = call(
            "flash", "update", "/dev/null", "--package", package, "--key-statement", path
        )
        assert (code, result["id"]) == (ExitCode.BAD_INPUT, "update-statement-invalid")


def test_an_issuer_key_is_no_update_key(call, tmp_path: Path):
    call("keys", "create")
    code, result = call(
        "flash",
        "package",
        "-o",
        tmp_path / "new.update",
        "--update-key-file",
        tmp_path / "config" / "kodebrik" / "issuer.key",
    )
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "update-key-invalid")


def test_a_minimum_is_a_version(call, tmp_path: Path):
    call("flash", "keys", "create")
    code, result = call("flash", "package", "-o", tmp_path / "new.update", "--minimum", "the last")
    assert (code, result["id"]) == (ExitCode.USAGE, "update-version-invalid")


def test_a_minimum_that_no_token_has_is_refused(call, tmp_path: Path):
    for minimum in (VERSION, "999.0.0"):
        code, result = call("flash", "package", "-o", tmp_path / "new.update", "--minimum", minimum)
        assert (code, result["id"]) == (ExitCode.USAGE, "update-minimum-high")


def test_without_a_key_it_is_said_how_to_make_one(call, tmp_path: Path):
    code, result = call("flash", "package", "-o", tmp_path / "new.update")
    assert (code, result["id"]) == (ExitCode.WRONG_KEY, "update-key-missing")
    assert "flash keys create" in result["hint"]


def test_progress_is_told(served, key_file: Path, tmp_path: Path, capsys):
    package = written(update(), tmp_path / "new.update")
    key = ("--access-key-file", str(key_file))
    assert main(["flash", "update", served[1], "--package", str(package), *key]) == 0
    said = capsys.readouterr()
    assert f"from {VERSION} to {NEXT}" in said.out
    assert "Bytes sent" in said.err or sys.stderr.isatty()

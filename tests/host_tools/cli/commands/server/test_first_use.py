"""The first commands on a new computer: the master key is made when first needed, and a list of
users that fits no token changes nothing."""

import json
import stat

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.otp.credential import Credential
from host_tools.provisioning.inventory import Inventory
from host_tools.secret import Secret

ISSUER_KEY = Secret(bytes(range(32)))
SERIALS = ("100000000008", "100000000016")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without any kodebrik file; two tokens were provisioned under the issuer key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("KODEBRIK_DATABASE", "KODEBRIK_MASTER_KEY", "KODEBRIK_INVENTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY.reveal().hex())
    with Inventory(tmp_path / "data" / "kodebrik" / "inventory.sqlite", lambda line: None) as kept:
        for serial in SERIALS:
            kept.record(
                serial=serial,
                product="kodeviser",
                board="pico",
                version="1",
                credential=Credential("bank", Secret(serial.encode() * 2)),
                fingerprint="00" * 8,
                now=1_900_000_000.0,
                clock_set_at=1_900_000_000.0,
                issuer_key=ISSUER_KEY,
            )


@pytest.fixture
def master_key(tmp_path):
    """Where the master key is made when none is named."""
    return tmp_path / "config" / "kodebrik" / "master.key"


@pytest.fixture
def run(capsys):
    """Run a command with --json: exit code, the object it printed, and standard error."""

    def call(*arguments):
        capsys.readouterr()
        code = main([*arguments, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out), said.err

    return call


@pytest.mark.parametrize(
    "command", [("import", "--from-inventory"), ("server", "api-key", "boss")], ids=" ".join
)
@pytest.mark.parametrize("database", [None, "sqlite:///{tmp}/own.db"])
def test_the_first_command_that_needs_a_master_key_makes_it(
    run, tmp_path, monkeypatch, master_key, command, database
):
    if database is not None:
        monkeypatch.setenv("KODEBRIK_DATABASE", database.format(tmp=tmp_path))
    code, result, said = run(*command)
    assert code == 0, result
    assert stat.S_IMODE(master_key.stat().st_mode) == 0o600
    assert f"made in {master_key}" in said
    assert "Keep a copy" in said
    made = master_key.read_bytes()
    code, _, said = run("audit", "verify")
    assert (code, master_key.read_bytes()) == (0, made)
    assert "master key" not in said, "and later ones find it"


def test_no_master_key_is_made_for_a_database_that_has_another(
    run, tmp_path, monkeypatch, master_key
):
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
    assert run("server", "api-key", "boss")[0] == 0
    monkeypatch.delenv("KODEBRIK_MASTER_KEY")
    code, result, _ = run("import", "--from-inventory")
    assert code == ExitCode.WRONG_KEY
    assert "no master key" in result["error"]
    assert not master_key.exists()


def users(tmp_path, text):
    path = tmp_path / "users.csv"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "named"), [("SERIAL,anna.holm\n", "SERIAL"), ("serial,user\n", "assigns no token")]
)
def test_a_list_that_hands_out_nothing_is_an_error_and_nothing_is_imported(
    run, tmp_path, text, named
):
    asked = ("import", "--from-inventory", "--users", users(tmp_path, text), "--activate")
    code, result, _ = run(*asked)
    assert code == result["exit_code"] == ExitCode.BAD_INPUT
    assert named in result["error"]
    assert run("import", "--from-inventory")[1] == {"imported": 2}, "nothing was imported before"


def test_a_list_with_a_header_hands_its_tokens_out(run, tmp_path):
    listed = users(tmp_path, f"Serial Number,User-ID\n{SERIALS[0]},anna.holm\n")
    code, result, _ = run("import", "--from-inventory", "--users", listed, "--activate")
    assert (code, result) == (0, {"imported": 2, "assigned": 1})

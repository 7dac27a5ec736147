"""kodebrik inventory: what was provisioned is listed and exported."""

import json
import re
import sqlite3

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.exchange import formats
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.provisioning.inventory_records import PROVISIONING
from host_tools.secret import Secret
from tests.support.command_line.files import private
from tests.support.command_line.inventory import SECRET, opened, record
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.link.fake_token import SERIAL

KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture
def key_file(tmp_path):
    return private(tmp_path / "encryption.key", KEY + "\n")


@pytest.fixture
def provisioned(port, token, call, secret_file):
    code, result = call(
        "provision", "--account", "bank", "--secret-file", secret_file, "--digits", "8"
    )
    assert code == 0, result
    return token


def test_a_provisioned_token_is_in_the_inventory_without_its_secret(provisioned, call):
    code, result = call("inventory", "list")
    assert code == 0
    (entry,) = result["tokens"]
    assert (entry["serial"], entry["product"]) == (SERIAL, "kodeviser")
    (account,) = entry["accounts"]
    assert (account["name"], account["kind"], account["digits"], account["period"]) == (
        "bank",
        "totp",
        8,
        30,
    )
    assert entry["clock_set_at"] == provisioned.vault.clock["set_at"]
    code, shown = call("inventory", "show", SERIAL)
    assert code == 0
    assert shown == entry
    assert MARKED.hex() not in json.dumps(result)
    assert call("inventory", "list", "nowhere")[1] == {"tokens": []}


def test_the_inventory_is_told_in_plain_lines(provisioned, capsys):
    capsys.readouterr()
    assert main(["inventory", "show", SERIAL]) == 0
    said = capsys.readouterr().out
    assert f"Serial number: {SERIAL}" in said
    assert "Account bank: TOTP, SHA1, 8 digits, every 30 s" in said
    assert main(["inventory", "list"]) == 0
    assert re.search(
        rf"{SERIAL}: kodeviser, provisioned, \d{{4}}-\d\d-\d\d, bank", capsys.readouterr().out
    )


def test_a_token_that_is_not_ready_yet_is_not_listed_as_one_that_is(tmp_path, capsys):
    with opened(tmp_path / "inventory.sqlite") as inventory:
        record(inventory, SERIAL, Credential("bank", SECRET), batch="b", state=PROVISIONING)
    assert main(["inventory", "list", "--inventory", str(tmp_path / "inventory.sqlite")]) == 0
    assert f"{SERIAL}: kodeviser, being provisioned, " in capsys.readouterr().out


def test_an_export_is_encrypted_pskc_that_opens_with_the_agreed_key(
    provisioned, call, tmp_path, key_file
):
    out = tmp_path / "tokens.pskc"
    code, result = call("inventory", "export", str(out), "--encryption-key-file", key_file)
    assert (code, result["tokens"]) == (0, [SERIAL])
    assert out.stat().st_mode & 0o777 == 0o600
    (token,) = formats.read_content(
        out.read_bytes(), ReadOptions(Secret(bytes.fromhex(KEY)))
    ).tokens
    assert (token.serial, token.credential.secret.reveal(), token.credential.digits) == (
        SERIAL,
        MARKED,
        8,
    )
    code, result = call("inventory", "export", str(out), "--encryption-key-file", key_file)
    assert code == ExitCode.FILE, "nothing is overwritten"


def test_what_a_token_no_longer_holds_leaves_the_inventory(provisioned, call, secret_file):
    assert call("provision", "--account", "work", "--secret-file", secret_file)[0] == 0

    def names() -> list[str]:
        return [account["name"] for account in call("inventory", "show", SERIAL)[1]["accounts"]]

    assert names() == ["bank", "work"]
    assert call("accounts", "remove", "work")[0] == 0
    assert names() == ["bank"]
    assert call("wipe", "--yes", SERIAL)[0] == 0
    assert names() == []


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [
        ((), ExitCode.USAGE),
        (("--encryption-key-file", "{tmp}/short"), ExitCode.BAD_INPUT),
        (("--encryption-passphrase-file", "{tmp}/empty"), ExitCode.BAD_INPUT),
        (
            ("--encryption-key-file", "{tmp}/key", "--encryption-passphrase-file", "{tmp}/key"),
            ExitCode.USAGE,
        ),
        (("--encryption-key-file", "{tmp}/key", "--serial", "123456789012"), ExitCode.BAD_INPUT),
        (("--encryption-key-file", "{tmp}/key", "--account", "other"), ExitCode.NOT_FOUND),
    ],
)
def test_an_export_that_cannot_be_made_writes_no_file(
    provisioned, call, tmp_path, options, exit_code
):
    for name, text in (("key", KEY), ("short", "0011"), ("empty", "")):
        private(tmp_path / name, text)
    out = tmp_path / "tokens.pskc"
    code, result = call(
        "inventory", "export", str(out), *(option.format(tmp=tmp_path) for option in options)
    )
    assert code == exit_code, result
    assert not out.exists()


@pytest.mark.parametrize("command", [("list",), ("show", SERIAL), ("export", "out.pskc")])
@pytest.mark.parametrize("name", ["missing", "empty", "other"])
def test_what_is_no_inventory_is_not_made_one_by_reading(
    command, name, tmp_path, monkeypatch, capsys, key_file
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY)
    (tmp_path / "empty").touch(0o600)
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE theirs (column)")
    connection.close()
    (tmp_path / "other").chmod(0o600)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    options = ["--encryption-key-file", str(key_file)] if command[0] == "export" else []
    code = main(["inventory", *command, "--inventory", name, *options])
    assert code in (ExitCode.FILE, ExitCode.BAD_INPUT)
    assert name in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_inventory_is_not_written_into_another_programs_database(
    port, call, secret_file, tmp_path
):
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE theirs (column)")
    connection.close()
    before = (tmp_path / "other").read_bytes()
    inventory = ["--inventory", str(tmp_path / "other")]
    code, told = call("provision", "--secret-file", secret_file, *inventory)
    assert (code, told["id"]) == (ExitCode.BAD_INPUT, "inventory-none-there")
    assert (tmp_path / "other").read_bytes() == before


def test_an_inventory_without_tokens_is_said_to_be_empty(capsys):
    assert main(["inventory", "list"]) == ExitCode.OK
    assert "holds no token" in capsys.readouterr().out
    assert main(["inventory", "list", "nowhere"]) == ExitCode.OK
    assert "no such token" in capsys.readouterr().out


def test_a_token_of_an_unnamed_operator_is_not_by_anybody(provisioned, capsys):
    assert main(["inventory", "show", SERIAL]) == ExitCode.OK
    assert "State: provisioned\n" in capsys.readouterr().out

"""kodebrik import, from the inventory and from files, to the server that checks the codes."""

import contextlib
import json
import os
import re
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.cli.options.inventory import opened_inventory
from host_tools.cli.options.validator import open_validator
from host_tools.cli.output import Streamed, emit
from host_tools.cli.token_table import TokenRows
from host_tools.errors import ExitCode
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.command_line.files import private
from tests.support.command_line.inventory import record
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.exports.accounts import ACCOUNTS
from tests.support.exports.apps import aegis_encrypted
from tests.support.exports.google import migration_payload, migration_uri
from tests.support.link.fake_token import SERIAL

HEX = "3132333435363738393031323334353637383930"
HEX_2 = HEX[::-1].replace("03", "13")

KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture
def key_file(tmp_path):
    return private(tmp_path / "encryption.key", KEY + "\n")


NEXT, OTHER = "200000000006", "100000000008"


def into_inventory(serial: str, account: str = "bank", **codes) -> None:
    """Put a token into the inventory, with a secret of its own, or one that is made anew."""
    with opened_inventory(None) as inventory:
        credential = Credential(account, secret_text.generate("SHA1"), **codes)
        record(inventory, serial, credential, key=Secret(bytes.fromhex(ISSUER_KEY)))


def test_an_inventory_that_was_imported_gives_its_new_tokens(provisioned, call, server, capsys):
    assert call("import", "--from-inventory") == (0, {"imported": 1})
    into_inventory(NEXT)
    second = {"imported": 1, "already_imported": [SERIAL]}
    assert call("import", "--from-inventory") == (0, second)
    third = {"imported": 0, "already_imported": sorted((SERIAL, NEXT))}
    assert call("import", "--from-inventory") == (0, third)
    assert main(["import", "--from-inventory"]) == 0
    said = capsys.readouterr().out
    assert "0 tokens imported.\n2 tokens were there already" in said
    assert f"Serial no.: {', '.join(third['already_imported'])}" in said


def test_a_token_with_several_accounts_does_not_keep_the_others_from_the_server(
    provisioned, call, server, capsys, tmp_path, key_file
):
    into_inventory(NEXT)
    into_inventory(NEXT, "work")
    into_inventory(OTHER, "work")
    assert call("import", "--from-inventory") == (0, {"imported": 2, "left_out": [NEXT]})
    named = ("--account", "work")
    told = {"imported": 1, "already_imported": [OTHER], "left_out": [SERIAL]}
    assert call("import", "--from-inventory", *named) == (0, told)
    out = tmp_path / "work.pskc"
    assert main(["inventory", "export", str(out), *named, "--encryption-key-file", key_file]) == 0
    said = capsys.readouterr()
    assert f"1 token has no account work and was left out: {SERIAL}." in said.err
    assert said.out.startswith("2 tokens written")
    assert main(["import", "--from-inventory"]) == 0
    assert f"1 token has several accounts and was left out: {NEXT}." in capsys.readouterr().err


@pytest.mark.parametrize("codes", [{}, {"digits": 8}], ids=["secret", "digits"])
def test_a_token_that_was_provisioned_anew_is_named_and_nothing_comes_in(
    call, server, tmp_path, monkeypatch, codes
):
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY)
    into_inventory(NEXT)
    users = private(tmp_path / "users.csv", f"{NEXT},sofie.hansen\n")
    assert call("import", "--from-inventory")[0] == 0
    into_inventory(NEXT, **codes)
    into_inventory(OTHER)
    for more in ((), ("--users", users)):
        code, said = call("import", "--from-inventory", *more)
        assert (code, said["id"]) == (ExitCode.CONFLICT, "token-known-otherwise")
        assert said["error"].startswith(f"The server has the token {NEXT} with another secret")
        assert "file" not in said["hint"]
    assert call("import", "--from-inventory", "--serial", OTHER) == (0, {"imported": 1})


def test_tokens_of_the_inventory_are_assigned_though_they_came_before(
    call, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY)
    into_inventory(NEXT)
    users = private(tmp_path / "users.csv", f"{NEXT},sofie.hansen\n")
    assert call("import", "--from-inventory")[0] == 0
    command = ("import", "--from-inventory", "--users", users)
    given = {"imported": 0, "already_imported": [NEXT], "assigned": 1}
    assert call(*command) == (0, given)
    code, said = call(*command)
    assert code == ExitCode.CONFLICT
    assert said["error"].startswith(f"Line 1 of {users}: The token {NEXT} is assigned")


def test_the_server_imports_a_pskc_file_with_its_key_alone(
    provisioned, call, server, tmp_path, key_file
):
    out = str(tmp_path / "tokens.pskc")
    assert call("inventory", "export", out, "--encryption-key-file", key_file)[0] == 0
    code, result = call("import", out)
    assert code == ExitCode.WRONG_KEY
    assert "--encryption-key-file" in result["hint"]
    code, result = call(
        "import", out, "--encryption-key-file", private(tmp_path / "other", "ff" * 16)
    )
    assert code == ExitCode.WRONG_KEY
    imported = {"imported": 1, "passed_over": ["EncryptionKey/KeyName"]}
    assert call("import", out, "--encryption-key-file", key_file) == (0, imported)


def exported(tmp_path, key_file, *serials: str) -> tuple[str, ...]:
    """Write tokens of the inventory into an encrypted file; give the command that imports it."""
    out = str(tmp_path / f"{len(serials)}.pskc")
    chosen = [word for serial in serials for word in ("--serial", serial)]
    encrypted = ("--encryption-key-file", key_file)
    assert main(["inventory", "export", out, *chosen, *encrypted]) == 0
    return "import", out, *encrypted


def test_a_second_file_may_have_the_tokens_of_the_first(
    call, server, tmp_path, key_file, monkeypatch, capsys
):
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY)
    into_inventory(NEXT)
    into_inventory(OTHER)
    first, second = (exported(tmp_path, key_file, *them) for them in ((NEXT,), (NEXT, OTHER)))
    assert call(*first)[1]["imported"] == 1
    capsys.readouterr()
    assert main([*second, "--clock-ppm", "3.5"]) == 0
    said = capsys.readouterr().out
    assert f"1 token imported.\nSerial no.: {OTHER}\n1 token was there already" in said
    assert call(*second)[1]["already_imported"] == sorted((NEXT, OTHER))
    into_inventory(NEXT)
    into_inventory(SERIAL)
    code, refused = call(*exported(tmp_path, key_file, NEXT, OTHER, SERIAL))
    assert (code, refused["id"]) == (ExitCode.CONFLICT, "token-known-otherwise")
    assert "--serial" in refused["hint"]
    with open_validator(f"sqlite:///{tmp_path / 'validator.db'}", None) as validator:
        clocks = {token.serial: token.clock_ppm for token in validator.tokens().items}
    assert clocks == {NEXT: 50, OTHER: 3.5}, "nothing of the third file, and NEXT as it was"


def test_an_import_is_all_or_nothing(call, server, tmp_path):
    lines = [f"T{number},{number:040},totp,6,30" for number in range(50)]
    wrong = private(tmp_path / "wrong.csv", "\n".join([*lines, "T50,nonsense,totp,6,30"]))
    code, result = call("import", wrong)
    assert code == ExitCode.BAD_INPUT
    assert result["error"].startswith("Line 51 (T50)")
    right = private(tmp_path / "right.csv", "\n".join(lines))
    assert call("import", right) == (0, {"imported": 50}), "nothing of the wrong file came in"


def spoilt_files() -> dict[str, tuple[bytes, str]]:
    """Encrypted files with one fault each, and what the error must name."""
    tokens = [
        KeyPackage(f"T{number}", Credential("bank", Secret(bytes(20)))) for number in (1, 2, 3)
    ]
    text = pskc_writer.write(tokens, key=Secret(bytes.fromhex(KEY))).decode()
    macs = re.findall(r"<pskc:ValueMAC>.*?</pskc:ValueMAC>", text)
    space = "urn:ietf:params:xml:ns:keyprov:pskc"
    parts = {
        "stripped MAC": (text.replace(macs[2], ""), "Key 3 (T3)"),
        "wrong MAC": (text.replace(macs[2], macs[0]), "Key 3 (T3)"),
        "DTD": (text.replace("?>", '?><!DOCTYPE k [<!ENTITY a "b">]>', 1), "DTD"),
        "wrong namespace": (text.replace(f'"{space}"', f'"{space}:1.0"'), "namespace"),
        "truncated": (text[: text.index(macs[2])], "in key 3"),
        "duplicate serial": (
            text.replace("<pskc:SerialNo>T3<", "<pskc:SerialNo>T1<"),
            "Key 3 (T1)",
        ),
        "50 MB": (text + " " * (50 * 2**20), "MB"),
    }
    return {name: (content.encode(), named) for name, (content, named) in parts.items()}


@pytest.mark.parametrize("fault", list(spoilt_files()))
def test_a_spoilt_pskc_file_imports_nothing_and_its_fault_is_named(
    call, server, tmp_path, key_file, fault
):
    content, named = spoilt_files()[fault]
    (tmp_path / "spoilt.pskc").write_bytes(content)
    code, result = call("import", str(tmp_path / "spoilt.pskc"), "--encryption-key-file", key_file)
    assert code in (ExitCode.BAD_INPUT, ExitCode.WRONG_KEY)
    assert named in result["error"]
    with open_validator(f"sqlite:///{tmp_path / 'validator.db'}", None) as validator:
        assert validator.tokens().total == 0


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_one_secret_of_two_tokens_is_warned_of_and_not_shown(
    call, server, tmp_path, capsys, options
):
    lines = [f"T1,{HEX},totp", f"T2,{HEX_2},totp", f"T3,{HEX},hotp"]
    file = private(tmp_path / "one.csv", "\n".join(lines))
    two = [private(tmp_path / f"{at}.csv", line) for at, line in enumerate(lines)]
    warning = "The tokens T1 and T3 have the same secret: one can give the codes of the other."
    for files in ([file], two):
        code, result = call("import", *files, *options)
        assert (code, result["warnings"]) == (0, [warning])
        assert HEX not in json.dumps(result)
        assert main(["import", *files, *options, "--lang", "da"]) == 0
        said = capsys.readouterr()
        assert "Kodebrikkerne T1 og T3 har den samme hemmelighed" in said.err
        assert HEX not in said.out + said.err
    picked = call("import", file, "--serial", "T1", "--serial", "T2", *options)[1]
    assert picked["warnings"] == [warning], "it is in the file, and may be on the server"


def test_one_secret_of_two_tokens_of_the_inventory_is_warned_of(provisioned, call, server):
    with opened_inventory(None) as inventory:
        credential = Credential("bank", secret_text.generate("SHA1"))
        for serial in (NEXT, OTHER):
            record(inventory, serial, credential, key=Secret(bytes.fromhex(ISSUER_KEY)))
    (warning,) = call("import", "--from-inventory")[1]["warnings"]
    assert f"The tokens {OTHER} and {NEXT} have the same secret" in warning


def test_pairs_need_their_kind_and_single_tokens_may_be_picked(call, server, tmp_path):
    pairs = private(tmp_path / "pairs.csv", f"7001,{HEX}\n7002,{HEX_2}\n")
    assert call("import", pairs)[0] == ExitCode.BAD_INPUT
    assert call("import", pairs, "--kind", "hotp", "--serial", "7002") == (0, {"imported": 1})
    assert call("import", pairs, "--kind", "hotp", "--serial", "7003")[0] == ExitCode.NOT_FOUND
    assert call("import", pairs, "--kind", "clock")[0] == ExitCode.USAGE
    assert call("import")[0] == call("import", pairs, "--from-inventory")[0] == ExitCode.USAGE
    assert call("import", str(tmp_path / "none.csv"))[0] == ExitCode.FILE


def test_a_dry_run_holds_one_token_at_a_time(capsys):
    def peak(size: int, as_json: bool) -> int:
        class Tokens:
            def __iter__(self):
                credential = Credential("x", Secret(bytes(20)))
                return (KeyPackage(f"{number:07}", credential) for number in range(size))

        rows = TokenRows(Tokens(), {})
        tracemalloc.start()
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            emit(as_json, {"tokens": Streamed(rows)}, rows.lines())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for as_json in (False, True):
        peak(10, as_json)  # what is imported at first
        assert peak(4000, as_json) < 1.5 * peak(400, as_json)


def test_a_dry_run_prints_what_would_come_in_and_touches_no_server(server, tmp_path, capsys, call):
    text = f"serial,secret,type,remark\n7001,hex:{HEX},totp,new\n7002,hex:{'ab' * 32},hotp,\n"
    csv = private(tmp_path / "two.csv", text)
    users = private(tmp_path / "users.csv", "7001,sofie.hansen\n")
    code, result = call("import", csv, "--dry-run", "--users", users)
    assert code == 0
    assert result["format"] == "csv, columns"
    assert [
        (token["serial"], token["kind"], token["hash"], token.get("user"))
        for token in result["tokens"]
    ] == [("7001", "totp", "SHA1", "sofie.hansen"), ("7002", "hotp", "SHA256", None)]
    assert result["passed_over"] == ["remark"]
    assert "Line 3 (7002): no hash is named; SHA256 was taken" in result["warnings"][0]
    assert HEX not in json.dumps(result)
    capsys.readouterr()
    assert main(["import", csv, "--dry-run"]) == 0
    printed, said = capsys.readouterr()
    assert re.search(r"Serial number +Kind +Hash", printed)
    assert re.search(r"7002 +hotp +SHA256 +6 +- +0", printed)
    assert "2 tokens would be imported." in printed
    assert "SHA256 was taken" in said
    assert "Passed over, because codes do not depend on it: remark." in said
    assert not (tmp_path / "validator.db").exists()


def test_the_dialect_of_a_csv_file_can_be_chosen(call, server, tmp_path):
    csv = private(tmp_path / "one.csv", f"n/a,7001,{HEX},totp,6,30\n")
    code, result = call("import", csv, "--dialect", "pi-tokenjanitor", "--dry-run")
    assert (code, result["format"], result["would_import"]) == (0, "csv, pi-tokenjanitor", 1)
    assert call("import", csv, "--dialect", "oath", "--dry-run")[0] == ExitCode.BAD_INPUT
    code, result = call("import", csv, "--dialect", "excel")
    assert code == ExitCode.USAGE
    assert "pi-tokenjanitor" in result["hint"]
    uris = private(
        tmp_path / "uris.txt", "otpauth://totp/T1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    )
    code, result = call("import", uris, "--dialect", "oath")
    assert "otpauth, which has no dialects" in result["error"]


def test_base32_where_a_dialect_has_hexadecimal_is_named_and_a_named_column_takes_it(
    call, server, tmp_path
):
    line = "1000001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,totp,6,30"
    code, said = call("import", private(tmp_path / "oath.csv", line), "--dry-run")
    assert (code, said["id"]) == (ExitCode.BAD_INPUT, "key-invalid")
    assert said["error"].endswith("(1000001): The secret is not hexadecimal.")
    named = f"serial,base32,type,digits,period\n{line}"
    assert call("import", private(tmp_path / "named.csv", named), "--dry-run")[0] == 0


def test_several_files_and_an_encrypted_export_are_imported_as_one(call, server, tmp_path):
    password = private(tmp_path / "password", "hemmelig\n")
    vault, first, second = (tmp_path / name for name in ("vault.json", "first.txt", "second.txt"))
    vault.write_bytes(aegis_encrypted(ACCOUNTS[3:4], "hemmelig"))
    for index, path in enumerate((first, second)):
        payload = migration_payload([ACCOUNTS[index]], size=2, index=index)
        path.write_text(migration_uri(payload))
    code, result = call("import", str(vault), str(second))
    assert (code, result["id"]) == (ExitCode.WRONG_KEY, "export-passphrase-missing")
    opened = ("--encryption-passphrase-file", password)
    code, result = call("import", str(vault), str(second), *opened)
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "migration-parts-missing")
    code, result = call("import", str(second), str(vault), str(first), *opened)
    assert (code, result["imported"]) == (0, 3)
    code, refused = call("import", str(first), str(second), *opened)
    assert (code, refused["id"]) == (ExitCode.BAD_INPUT, "file-unencrypted")
    assert "note" in result["passed_over"]
    with open_validator(f"sqlite:///{tmp_path / 'validator.db'}", None) as validator:
        assert {token.serial for token in validator.tokens().items} == {"sofie", "anna.holm", "kaj"}


def test_tokens_are_given_to_their_users_as_they_are_imported(call, server, tmp_path):
    csv = private(tmp_path / "two.csv", f"7001,{HEX}\n7002,{HEX_2}\n")
    users = private(tmp_path / "users.csv", "serial;user-ID\n7001;sofie.hansen\n")
    foreign = private(tmp_path / "foreign.csv", "7003,sofie.hansen\n")
    lines = private(tmp_path / "lines.csv", "7001\n")
    options = ("import", csv, "--kind", "totp", "--clock-ppm", "3.5")
    assert call(*options, "--activate")[0] == ExitCode.USAGE
    assert (
        call(*options, "--users", foreign)[0]
        == call(*options, "--users", lines)[0]
        == ExitCode.BAD_INPUT
    )
    said = call(*options, "--users", foreign)[1]["error"]
    assert f"Line 1 of {foreign}: The token 7003" in said
    wrong = private(tmp_path / "wrong.csv", "7001,sofie.hansen\n7002,x\n")
    for asked in ((), ("--dry-run",)):
        assert f"Line 2 of {wrong}" in call(*options, "--users", wrong, *asked)[1]["error"]
    assert call(*options, "--users", users, "--activate") == (0, {"imported": 2, "assigned": 1})
    with open_validator(f"sqlite:///{tmp_path / 'validator.db'}", None) as validator:
        given, kept = validator.token("7001"), validator.token("7002")
    assert (given.user_id, given.status, given.clock_ppm) == ("sofie.hansen", "active", 3.5)
    assert (kept.user_id, kept.status) == (None, "stock")


def test_a_plain_file_is_imported_with_a_warning(server, tmp_path, capsys):
    content = """<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
        <KeyPackage><DeviceInfo><SerialNo>T1</SerialNo></DeviceInfo>
        <Key Id="T1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp"><AlgorithmParameters>
        <ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>
        <Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data>
        </Key></KeyPackage></KeyContainer>"""
    assert main(["import", private(tmp_path / "plain.pskc", content)]) == 0
    said = capsys.readouterr()
    assert "1 token imported." in said.out
    assert re.search(r"^Serial no\.: \S+$", said.out, re.MULTILINE)
    assert "not encrypted" in said.err


def test_no_secret_stands_in_what_the_commands_leave_behind(
    provisioned, call, server, tmp_path, key_file
):
    call("inventory", "export", str(tmp_path / "tokens.pskc"), "--encryption-key-file", key_file)
    call("import", "--from-inventory")
    found = subprocess.run(
        ["grep", "-rlaE", f"{MARKED.decode()}|{MARKED.hex()}", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    kept = {Path(line).name for line in found.stdout.split()}
    assert kept <= {"secret", *(path.name for path in (tmp_path / "token").rglob("*"))}, (
        "our input, and the token itself"
    )


@pytest.mark.parametrize("ppm", ["-5", "1e9", "nan", "inf"])
def test_a_dry_run_refuses_what_the_import_refuses(call, server, tmp_path, ppm):
    csv = private(tmp_path / "one.csv", f"100000000008,{HEX},totp,6\n")
    for more in ((), ("--dry-run",)):
        code, said = call("import", csv, "--clock-ppm", ppm, *more)
        assert (code, said["id"]) == (ExitCode.BAD_INPUT, "clock-accuracy-out-of-range"), more


def test_a_dry_run_refuses_user_ids_that_the_import_refuses(call, server, tmp_path):
    csv = private(tmp_path / "one.csv", f"100000000008,{HEX},totp,6\n")
    users = private(tmp_path / "users.csv", "100000000008,bo\n")
    for more in ((), ("--dry-run",)):
        code, said = call("import", csv, "--users", users, *more)
        assert (code, said["id"]) == (ExitCode.BAD_INPUT, "user-id-length"), more

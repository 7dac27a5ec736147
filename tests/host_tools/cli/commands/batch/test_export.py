"""kodebrik batch export: each server's file, encrypted unless that is declined in so many words."""

import base64
import csv
import io
import json
import secrets
import stat

import pyotp
import pyrage
import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.exchange import formats
from host_tools.exchange.csv import dialects
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Batch
from host_tools.secret import Secret
from tests.support.command_line.files import private
from tests.support.command_line.inventory import ISSUER_KEY, NOW, opened, record

COUNT = 250  # more than a piece of a PSKC file


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An inventory with a batch that is done but for its last token, and one token besides."""
    place = tmp_path_factory.mktemp("factory") / "inventory.sqlite"
    given = {}
    with opened(place) as inventory:
        batch = Batch("b", "kodeviser", COUNT + 1, "x", "SHA1", 6, 30, "ab" * 8, "anna", NOW)
        batches.create(inventory, batch)
        for number in range(COUNT + 1):
            serial = f"{number:012}"
            secret = Secret(secrets.token_bytes(20))
            job = batches.take(inventory, "b", serial, "east", NOW)
            record(inventory, serial, Credential("x", secret), batch="b", state="provisioning")
            if number < COUNT:
                batches.finish(inventory, job, {}, NOW)
                given[serial] = secret
        record(inventory, "9" * 12, Credential("x", Secret(bytes(20))))
    return place, given


@pytest.fixture
def given(made, monkeypatch):
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(made[0]))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY.reveal().hex())
    return made[1]


def call(capsys, output, *arguments, batch="b"):
    code = main(["batch", "export", batch, str(output), *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("size", [16, 32])
@pytest.mark.parametrize("target", ["server", "privacyidea"])
def test_pskc_is_read_with_the_agreed_key_alone(given, tmp_path, capsys, target, size):
    key = secrets.token_hex(size)
    options = ["--encryption-key-file", private(tmp_path / "key", key), "--for", target]
    output = tmp_path / "tokens.pskc"
    code, said = call(capsys, output, *options)
    assert (code, said["tokens"], said["encrypted"]) == (0, COUNT, True)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    read = formats.read_content(output.read_bytes(), ReadOptions(Secret(bytes.fromhex(key)))).tokens
    assert {token.serial: token.credential.secret for token in read} == given


def test_pskc_under_a_passphrase(given, tmp_path, capsys):
    options = ["--encryption-passphrase-file", private(tmp_path / "phrase", "an agreed phrase")]
    assert call(capsys, tmp_path / "tokens.pskc", *options)[0] == 0
    phrase = ReadOptions(None, Secret(b"an agreed phrase"))
    read = formats.read_content((tmp_path / "tokens.pskc").read_bytes(), phrase).tokens
    assert len(read) == COUNT


def rows(content):
    return list(csv.reader(io.StringIO(content.decode())))


@pytest.mark.parametrize("target", ["server", "privacyidea", "entra", "keycloak"])
def test_csv_is_encrypted_for_the_receiver(given, tmp_path, capsys, target):
    identity = pyrage.x25519.Identity.generate()
    output = tmp_path / "tokens.age"
    options = ["--format", "csv", "--for", target, "--recipient", str(identity.to_public())]
    assert call(capsys, output, *options)[0] == 0
    content = output.read_bytes()
    assert not any(secret.reveal().hex().encode() in content for secret in given.values())
    clear = pyrage.decrypt(content, [identity])
    if target == "keycloak":
        head, *tokens = rows(clear)
        assert head == ["serial", "credential"]
        for serial, credential in tokens:
            fields = json.loads(credential)
            data, kept = (json.loads(fields[name]) for name in ("credentialData", "secretData"))
            assert data["secretEncoding"] == "BASE32"
            expected = pyotp.TOTP(pyotp_secret(given[serial])).at(NOW)
            assert pyotp.TOTP(kept["value"], digits=data["digits"]).at(NOW) == expected
        assert len(tokens) == COUNT
        return
    read = formats.read_content(clear)
    assert {token.serial: token.credential.secret for token in read.tokens} == given
    assert {token.credential.algorithm for token in read.tokens} == {"SHA1"}
    dialect = {"server": "columns", "privacyidea": "oath", "entra": "entra"}[target]
    again = dialects.read(io.BytesIO(clear), ReadOptions(dialect=dialect))
    assert list(again.tokens) == list(read.tokens)


def pyotp_secret(secret):
    return base64.b32encode(secret.reveal()).decode()


def test_csv_in_the_clear_is_asked_for_and_warned_of(given, tmp_path, capsys):
    output = tmp_path / "tokens.csv"
    assert main(["batch", "export", "b", str(output), "--format", "csv", "--unencrypted"]) == 0
    assert "in the clear" in capsys.readouterr().err
    assert len(rows(output.read_bytes())) == COUNT + 1


@pytest.mark.parametrize(
    ("arguments", "identifier"),
    [
        ((), "export-unencrypted"),
        (("--unencrypted",), "export-csv-options"),
        (("--format", "csv"), "export-csv-unencrypted"),
        (("--format", "csv", "--unencrypted", "--recipient", "age1"), "export-csv-unencrypted"),
        (("--format", "csv", "--recipient", "age1x"), "export-recipient-invalid"),
        (("--for", "entra"), "export-format-unread"),
        (("--for", "keycloak"), "export-format-unread"),
    ],
)
def test_options_that_do_not_fit_write_nothing(given, tmp_path, capsys, arguments, identifier):
    code, said = call(capsys, tmp_path / "out", *arguments)
    assert (code, said["id"]) == (ExitCode.USAGE, identifier)
    assert not (tmp_path / "out").exists()


def test_a_token_that_the_server_does_not_take_writes_nothing(tmp_path, monkeypatch, capsys):
    place = tmp_path / "inventory.sqlite"
    with opened(place) as inventory:
        batches.create(
            inventory, Batch("b", "kodeviser", 1, "x", "SHA256", 8, 30, "ab" * 8, "anna", NOW)
        )
        job = batches.take(inventory, "b", "1", "east", NOW)
        record(inventory, "1", Credential("x", Secret(bytes(32)), "SHA256", 8), batch="b")
        batches.finish(inventory, job, {}, NOW)
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(place))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", ISSUER_KEY.reveal().hex())
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    options = ["--format", "csv", "--for", "entra", "--recipient", recipient]
    code, said = call(capsys, tmp_path / "out", *options)
    assert (code, said["id"]) == (ExitCode.BAD_INPUT, "export-token-unfit")
    assert not (tmp_path / "out").exists()


def test_a_batch_without_tokens_or_that_is_none_gives_no_file(given, tmp_path, capsys):
    options = ["--encryption-key-file", private(tmp_path / "key", "ab" * 16)]
    code, said = call(capsys, tmp_path / "out", *options, batch="c")
    assert (code, said["id"]) == (ExitCode.NOT_FOUND, "batch-unknown")
    assert not (tmp_path / "out").exists()

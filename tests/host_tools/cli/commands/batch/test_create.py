"""kodebrik batch create, list and close."""

import json

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from tests.support.command_line.inventory import NOW, SECRET, opened, record


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "ab" * 32)
    monkeypatch.setenv("KODEBRIK_OPERATOR", "anna")


def call(capsys, *arguments):
    code = main(["batch", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_batch_is_noted_with_who_made_it(capsys):
    code, made = call(capsys, "create", "--count", "3", "--product", "kodeoplaeser")
    assert code == 0
    assert (made["size"], made["product"], made["period"]) == (3, "kodeoplaeser", 60)
    assert made["operator"] == "anna"
    call(capsys, "create", "--count", "2", "--product", "kodeviser", "--name", "spring")
    _, listed = call(capsys, "list")
    assert [each["name"] for each in listed["batches"]] == [made["name"], "spring"]
    assert [each["open"] for each in listed["batches"]] == [3, 2]


@pytest.mark.parametrize(
    ("arguments", "identifier"),
    [
        (("--count", "0", "--product", "kodeviser"), "batch-size"),
        (("--count", "1", "--product", "kodevisr"), "product-unknown"),
        (("--count", "1", "--product", "kodeviser", "--digits", "9"), "account-digits"),
        (("--count", "1", "--product", "kodeviser", "--name", "a/b"), "batch-name-invalid"),
    ],
)
def test_what_cannot_be_made_is_refused(capsys, arguments, identifier):
    code, said = call(capsys, "create", *arguments)
    assert (code, said["id"]) == (said["exit_code"], identifier)
    assert code == ExitCode.USAGE


def test_a_name_is_refused_before_the_issuer_key_is_opened(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("KODEBRIK_ISSUER_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    options = ("create", "--count", "1", "--product", "kodeviser", "--name", "../x")
    assert call(capsys, *options)[1]["id"] == "batch-name-invalid"


def test_the_list_is_a_table(capsys):
    main(["batch", "list"])
    assert "no batch yet" in capsys.readouterr().out
    call(capsys, "create", "--count", "3", "--product", "kodeviser", "--name", "spring")
    main(["batch", "list"])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["batch", "product", "tokens"]
    assert row.split()[:4] == ["spring", "kodeviser", "3", "0"]


def test_a_batch_that_is_closed_is_listed_so_and_not_run(capsys):
    call(capsys, "create", "--count", "3", "--product", "kodeviser", "--name", "slip")
    code, closed = call(capsys, "close", "slip", "--operator", "bo")
    assert (code, closed["done"], closed["given_up"], closed["closed_by"]) == (0, 0, 3, "bo")
    (listed,) = call(capsys, "list")[1]["batches"]
    assert (listed["open"], listed["given_up"]) == (0, 3)
    main(["batch", "list"])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "closed"
    assert row.split()[-1] == listed["closed"] == listed["made"]
    assert call(capsys, "run")[1]["id"] == "batch-none"
    code, said = call(capsys, "run", "--batch", "slip")
    assert (code, said["id"]) == (ExitCode.CONFLICT, "batch-closed")
    assert call(capsys, "close", "slip")[1]["id"] == "batch-closed"
    assert call(capsys, "close", "slop")[0] == ExitCode.NOT_FOUND


def test_a_batch_that_is_complete_is_closed_without_a_word_of_what_is_given_up(capsys, tmp_path):
    call(capsys, "create", "--count", "1", "--product", "kodeviser", "--name", "spring")
    with opened(tmp_path / "inventory.sqlite") as inventory:
        job = batches.take(inventory, "spring", "100000000008", "east", NOW)
        record(inventory, "100000000008", Credential("kodebrik", SECRET), batch="spring")
        batches.finish(inventory, job, {}, NOW)
    assert main(["batch", "close", "spring"]) == 0
    assert capsys.readouterr().out == "The batch spring is closed: 1 of 1 token is done.\n"

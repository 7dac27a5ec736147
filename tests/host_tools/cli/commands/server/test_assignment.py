"""kodebrik assign, unassign, activate and list: a wrong hand-out is mended, and the audit says
how."""

import contextlib
import io
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.cli.output import StreamedObject, emit
from host_tools.errors import ExitCode
from host_tools.exchange.assignments import StoredAssignments
from host_tools.validator.rule.verdict import CheckRequest
from tests.support.command_line.files import private
from tests.support.validator.clock import VirtualClock
from tests.support.validator.tokens import EnrolledToken


@pytest.fixture
def tokens(folder):
    """Three tokens in stock: T1, T2 and T3."""
    made = [EnrolledToken(serial, "nobody", VirtualClock()) for serial in ("T1", "T2", "T3")]
    with folder.open() as validator:
        validator.import_tokens([token.new() for token in made], actor="test")
    return made


def states(folder):
    with folder.open() as validator:
        return {
            token.serial: (token.status.value, token.user_id) for token in validator.tokens().items
        }


def audit(folder, serial):
    with folder.open() as validator:
        assert not validator.verify_audit().broken
        return [
            (entry.action, entry.actor)
            for entry in reversed(validator.audit(serial=serial).items)
            if entry.action != "import"
        ]


def test_a_token_is_assigned_activated_and_put_back(folder, tokens, call):
    assert call("assign", "T1", "anna.holm") == (
        0,
        {"assigned": {"T1": "anna.holm"}, "activated": False, "replaced": {}},
    )
    assert call("activate", "T1") == (0, {"activated": 1, "replaced": {}})
    assert states(folder)["T1"] == ("active", "anna.holm")
    assert call("unassign", "T1") == (0, {"serial": "T1", "status": "stock"})
    assert states(folder)["T1"] == ("stock", None)
    line = "command line"
    assert audit(folder, "T1") == [("assign", line), ("activate", line), ("unassign", line)]


def given_out(size: int) -> StreamedObject:
    users = StoredAssignments()
    for number in range(size):
        users.add(f"{number:07}", f"user-{number}")
    return StreamedObject(users)


def test_a_list_of_users_is_printed_pair_by_pair():
    def peak(size: int) -> int:
        assigned = given_out(size)
        tracemalloc.start()
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            emit(True, {"assigned": assigned}, ())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)  # what is imported at first
    assert peak(4000) < 1.5 * peak(400)


@pytest.mark.parametrize("size", [0, 1, 3])
def test_what_is_printed_pair_by_pair_is_one_object(size):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        emit(True, {"assigned": given_out(size)}, ())
    wanted = {f"{number:07}": f"user-{number}" for number in range(size)}
    assert json.loads(printed.getvalue()) == {"assigned": wanted}


def test_swapped_tokens_are_taken_back_and_handed_out_anew(folder, tokens, call, tmp_path):
    swapped = private(tmp_path / "swapped.csv", "T1,bo.lund\nT2,anna.holm\n")
    assert call("assign", "--users", swapped, "--activate")[0] == 0
    right = private(tmp_path / "right.csv", "T1,anna.holm\nT2,bo.lund\n")
    code, result = call("assign", "--users", right, "--activate")
    assert (code, result["id"]) == (ExitCode.CONFLICT, "assign-taken")
    assert "--take-back" in result["hint"]
    assert states(folder)["T1"] == ("active", "bo.lund"), "nothing was done"
    assert call("assign", "--users", right, "--activate", "--take-back")[0] == 0
    assert states(folder) == {
        "T1": ("active", "anna.holm"),
        "T2": ("active", "bo.lund"),
        "T3": ("stock", None),
    }
    line = "command line"
    given = [("assign", line), ("activate", line)]
    assert audit(folder, "T1") == [*given, ("unassign", line), *given]


def test_one_token_that_cannot_be_assigned_stops_them_all(folder, tokens, call, tmp_path):
    users = private(tmp_path / "users.csv", "T1,anna.holm\nT9,bo.lund\n")
    code, result = call("assign", "--users", users)
    assert code == ExitCode.NOT_FOUND
    assert f"Line 2 of {users}" in result["error"]
    assert "T9" in result["error"]
    assert states(folder)["T1"] == ("stock", None)


@pytest.mark.parametrize("user", ["x", "0101901234", "x" * 49])
def test_a_user_id_that_cannot_be_is_named_with_its_line(folder, tokens, call, tmp_path, user):
    users = private(tmp_path / "users.csv", f"serial,user\n\nT1,anna.holm\nT2,{user}\n")
    code, result = call("assign", "--users", users)
    assert (code, result["id"][:8]) == (ExitCode.BAD_INPUT, "user-id-")
    assert f"Line 4 of {users}: " in result["error"]
    assert states(folder)["T1"] == ("stock", None)


def test_a_blocked_token_is_not_handed_out_anew_by_taking_it_back(folder, tokens, call):
    assert call("assign", "T1", "anna.holm", "--activate")[0] == 0
    with folder.open() as validator:
        validator.block("T1", reason="stolen", actor="test")
    assert call("assign", "T1", "bo.lund", "--take-back")[0] == ExitCode.CONFLICT
    assert states(folder)["T1"] == ("blocked", "anna.holm")


def test_activation_is_for_all_the_tokens_named_or_none(folder, tokens, call):
    assert call("assign", "T1", "anna.holm")[0] == call("assign", "T2", "anna.holm")[0] == 0
    code, result = call("activate", "T1", "T2")
    assert (code, result["id"]) == (ExitCode.CONFLICT, "activation-of-two")
    assert call("activate", "T1", "T3")[0] == ExitCode.CONFLICT
    assert states(folder)["T1"] == ("assigned", "anna.holm")
    assert call("activate", "T2") == (0, {"activated": 1, "replaced": {}})
    assert call("activate", "T1") == (0, {"activated": 1, "replaced": {"T2": "T1"}})
    assert states(folder)["T2"] == ("replaced", "anna.holm")


@pytest.mark.parametrize("arguments", [(), ("T1",)])
def test_it_must_be_clear_who_gets_what(folder, call, arguments):
    code, result = call("assign", *arguments)
    assert (code, result["id"]) == (ExitCode.USAGE, "assign-one-source")


@pytest.mark.parametrize("arguments", [("T1",), ("T1", "anna.holm")])
def test_a_token_beside_a_list_of_tokens_is_refused_as_that(folder, call, arguments):
    code, result = call("assign", *arguments, "--users", "x")
    assert (code, result["id"]) == (ExitCode.USAGE, "assign-one-or-many")


@pytest.mark.parametrize("options", [(), ("--activate",)], ids=["assigned", "active"])
def test_a_token_that_is_the_users_already_is_said_to_be(folder, tokens, call, tmp_path, options):
    assert call("assign", "T1", "anna.holm", *options)[0] == 0
    before = states(folder)
    code, result = call("assign", "T1", "Anna.Holm")
    assert (code, result["id"]) == (ExitCode.CONFLICT, "token-assigned-already")
    assert result["error"] == "The token T1 is assigned to anna.holm already."
    users = private(tmp_path / "users.csv", "T2,bo.lund\nT1,anna.holm\n")
    code, result = call("assign", "--users", users)
    assert (code, result["id"]) == (ExitCode.CONFLICT, "token-assigned-already")
    assert f"Line 2 of {users}" in result["error"]
    assert states(folder) == before, "nothing was done"


def test_tokens_are_listed_with_state_and_user(folder, tokens, call, capsys):
    assert call("assign", "T2", "anna.holm")[0] == 0
    listed = call("list")[1]["tokens"]
    assert [(row["serial"], row["status"], row["user"]) for row in listed] == [
        ("T1", "stock", None),
        ("T2", "assigned", "anna.holm"),
        ("T3", "stock", None),
    ]
    chosen = [("list", "--status", "stock"), ("list", "--user", "anna.holm"), ("list", "T3")]
    serials = [[row["serial"] for row in call(*asked)[1]["tokens"]] for asked in chosen]
    assert serials == [["T1", "T3"], ["T2"], ["T3"]]
    assert call("list", "nowhere") == (0, {"tokens": []})
    assert call("list", "--status", "lost")[0] == ExitCode.USAGE
    capsys.readouterr()
    assert main(["--lang", "da", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Serienummer", "Tilstand", "Bruger", "Type", "Cifre"]
    assert lines[2].split() == ["T2", "tildelt", "anna.holm", "totp", "6"]
    assert lines[-1] == "3 kodebrikker."


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("assign", "T1", "anna.holm"), ("activate", "T1"), ("unassign", "T1")],
    ids=lambda given: given[0],
)
def test_a_database_that_is_not_there_is_not_made(call, tmp_path, monkeypatch, arguments):
    missing = tmp_path / "none.db"
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{missing}")
    code, result = call(*arguments)
    assert (code, result["id"]) == (ExitCode.FILE, "database-missing")
    assert not missing.exists()


def test_user_ids_of_other_systems_are_taken_where_the_servers_settings_allow_them(
    folder, tokens, call, tmp_path
):
    code, result = call("assign", "T1", "bob")
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "user-id-length")
    settings = private(tmp_path / "s.toml", "[user_ids]\nleast = 1\nalphabet = 'a-z0-9'\n")
    code, result = call("assign", "T1", "b.b", "--settings", settings)
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "user-id-alphabet")
    assert call("assign", "T1", "bob", "--activate", "--settings", settings)[0] == 0
    assert states(folder)["T1"] == ("active", "bob")
    with folder.open() as validator:
        verdict = validator.check_many([CheckRequest(tokens[0].code(), user_id="bob")])[0]
    assert verdict.serial == "T1"


def test_a_token_that_replaces_another_says_so(folder, tokens, call, capsys):
    assert call("assign", "T1", "anna.holm", "--activate")[1]["replaced"] == {}
    assert call("assign", "T2", "anna.holm")[0] == 0
    assert main(["activate", "T2"]) == 0
    told = capsys.readouterr().out
    assert "1 token activated." in told
    assert "T2 replaces T1, whose codes count no more." in told
    assert call("assign", "T3", "anna.holm", "--activate")[1]["replaced"] == {"T2": "T3"}
    assert states(folder)["T2"] == ("replaced", "anna.holm")


def test_api_keys_are_listed_by_name_and_without_the_keys(folder, call):
    assert call("server", "api-key", "anna", "--role", "auditor")[0] == 0
    assert call("server", "api-key", "anna", "--revoke")[0] == 0
    code, said = call("server", "api-key", "nope", "--revoke")
    assert (code, said["id"]) == (ExitCode.NOT_FOUND, "api-key-unknown")
    assert "kodebrik server api-keys" in said["hint"]
    code, said = call("server", "api-keys")
    assert code == 0
    found = {key["name"]: key for key in said["api_keys"]}
    assert set(found) == {"test", "anna"}
    assert (found["anna"]["role"], found["test"]["revoked_at"]) == ("auditor", None)
    assert found["anna"]["revoked_at"] is not None
    assert folder.api_key not in str(said)

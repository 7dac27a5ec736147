"""kodebrik keys: the issuer key and the access keys."""

import io
import os
import pty
import select
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from host_tools.cli import main
from host_tools.cli.options.keyring import unsealed
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from tests.support.command_line.keyboard import Keyboard
from tests.support.limits import REAL_LIMIT
from tests.support.link.fake_token import SERIAL


def test_an_issuer_key_is_created_shown_and_derived_from(call, tmp_path, monkeypatch):
    monkeypatch.setenv("KODEBRIK_PASSPHRASE", "a passphrase of words")
    code, created = call("keys", "create")
    assert code == 0
    path = Path(created["file"])
    assert path == tmp_path / "config" / "kodebrik" / "issuer.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert call("keys", "create")[0] == ExitCode.FILE
    assert call("keys", "show") == (0, {"fingerprint": created["fingerprint"]})
    out = tmp_path / "access.key"
    assert call("keys", "derive", "--serial", SERIAL, "--output", str(out))[0] == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert (
        call("keys", "derive", "--serial", SERIAL, "--output", "-")[1]["access_key"]
        == out.read_text().strip()
    )
    phrase = tmp_path / "phrase"
    phrase.touch(0o600)
    phrase.write_text("another passphrase\n")
    assert call("keys", "show", "--passphrase-file", str(phrase))[0] == ExitCode.WRONG_KEY
    monkeypatch.delenv("KODEBRIK_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, result = call("keys", "show")
    assert code == ExitCode.WRONG_KEY
    assert "--passphrase-file" in result["hint"]


@pytest.mark.parametrize(("slips", "code"), [(2, ExitCode.OK), (3, ExitCode.WRONG_KEY)])
def test_a_passphrase_may_be_mistyped_twice(call, monkeypatch, capsys, slips, code):
    phrase = "a passphrase of words"
    monkeypatch.setenv("KODEBRIK_PASSPHRASE", phrase)
    assert call("keys", "create")[0] == 0
    monkeypatch.delenv("KODEBRIK_PASSPHRASE")
    typed = []

    def type_phrase(*_, **__):
        typed.append("a passphrase of birds" if len(typed) < slips else phrase)
        return typed[-1]

    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "", terminal=True))
    monkeypatch.setattr("typer.prompt", type_phrase)
    assert main(["keys", "show"]) == code
    assert len(typed) == 3
    said = capsys.readouterr()
    assert all(each not in said.out + said.err for each in typed)


def test_a_passphrase_that_is_typed_ahead_is_not_shown_and_not_taken(monkeypatch):
    keyboard, terminal = pty.openpty()
    path = Path("issuer.key")

    def arrives(end: int, seconds: float) -> bool:
        return bool(select.select([end], [], [], seconds)[0])

    def unseal(_phrase):
        os.write(keyboard, b"typed ahead\n")
        assert arrives(terminal, REAL_LIMIT)
        assert not arrives(keyboard, 0)
        raise KodebrikError("issuer-key-wrong-passphrase", ExitCode.WRONG_KEY, path=str(path))

    with os.fdopen(terminal, closefd=True) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "__stdin__", stdin)
        monkeypatch.delenv("KODEBRIK_PASSPHRASE", raising=False)
        monkeypatch.setattr("typer.prompt", lambda *_, **__: "mistyped")
        with pytest.raises(KodebrikError):
            unsealed(unseal, path, None, Message("keys.opening"))
        os.write(keyboard, b"shown\n")
        assert stdin.readline() == "shown\n"
        assert arrives(keyboard, REAL_LIMIT)
        assert os.read(keyboard, 100) == b"shown\r\n"
    os.close(keyboard)


def test_a_derived_key_opens_its_token_without_the_issuer_key(
    provisioned, call, tmp_path, monkeypatch
):
    path = tmp_path / "access.key"
    assert call("keys", "derive", "--serial", SERIAL, "--output", str(path))[0] == 0
    monkeypatch.delenv("KODEBRIK_ISSUER_KEY")
    assert call("settings", "--access-key-file", str(path))[0] == 0
    code, result = call("settings")
    assert code == ExitCode.WRONG_KEY
    assert "no issuer key" in result["error"]


def test_the_rule_for_a_passphrase_stands_in_the_question(monkeypatch, tmp_path):
    asked = []

    def prompt(text, **_):
        asked.append(text)
        return "a passphrase of words"

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert main(["keys", "create", "--key-file", str(tmp_path / "issuer.key")]) == 0
    assert asked[0] == "Passphrase for the new issuer key, at least 8 characters"


@pytest.fixture
def typed(monkeypatch):
    """Have an operator type these at a terminal; gives what was asked."""

    def act(*answers):
        asked, left = [], iter(answers)

        def prompt(text, **_):
            asked.append(text)
            return next(left)

        monkeypatch.setattr(typer, "prompt", prompt)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
        return asked

    return act


def test_a_passphrase_that_is_too_short_is_asked_for_once(typed, call, tmp_path):
    asked = typed("abc")
    code, result = call("keys", "create", "--key-file", str(tmp_path / "issuer.key"))
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "passphrase-short")
    assert len(asked) == 1


def test_two_passphrases_that_differ_are_asked_for_three_times(typed, call, tmp_path):
    asked = typed(*["a passphrase of words", "another one"] * 4)
    code, result = call("keys", "create", "--key-file", str(tmp_path / "issuer.key"))
    assert (code, result["id"]) == (ExitCode.NOT_CONFIRMED, "answers-differ")
    assert len(asked) == 2 * 3
    assert not list(tmp_path.iterdir())


def test_a_new_key_without_a_terminal_needs_a_passphrase_from_elsewhere(
    call, monkeypatch, tmp_path
):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    code, result = call("keys", "create", "--key-file", str(tmp_path / "issuer.key"))
    assert code == ExitCode.WRONG_KEY
    assert result["error"] == "A new key file needs a passphrase."


def test_a_folder_for_the_key_is_not_made_unasked(call, tmp_path):
    code, result = call("keys", "create", "--key-file", str(tmp_path / "none" / "issuer.key"))
    assert (code, result["id"]) == (ExitCode.FILE, "folder-unwritable")
    assert not (tmp_path / "none").exists()

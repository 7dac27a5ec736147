"""Accounts that answer challenges: provisioned, listed and computed."""

import pytest

from firmware.protocol import messages
from host_tools.cli import main
from host_tools.errors import TOKEN_ERRORS, ExitCode
from tests.support.command_line.secrets import MARKED
from tests.support.ocra import peer

with_keypad = pytest.mark.parametrize("token", ["kodeoplaeser"], indirect=True)


@with_keypad
def test_an_account_that_answers_challenges_is_provisioned_listed_and_computed(
    port, token, call, secret_file, capsys
):
    suite = "OCRA-1:HOTP-SHA256-8:C-QA24"
    given = ["--secret-file", secret_file, "--suite", suite]
    code, result = call(
        "provision", "--account", "pay", *given, "--entry", "payment", "--counter", "5"
    )
    assert code == 0
    assert (result["kind"], result["suite"], result["entry"], result["counter"]) == (
        "ocra",
        suite,
        "payment",
        5,
    )
    assert main(["accounts", "list"]) == 0
    assert (
        f"pay: OCRA, SHA256, 8 digits, {suite}, asks for a payment, counter 5"
        in capsys.readouterr().out
    )
    code, result = call(
        "code", *given, "--counter", "5", "--challenge", "250", "--challenge", "12345678"
    )
    assert result["code"] == peer(MARKED, suite, "325012345678", counter=5)


def test_a_pin_in_a_suite_comes_from_a_file(call, secret_file, tmp_path):
    suite = "OCRA-1:HOTP-SHA256-8:QN08-PSHA1"
    path = tmp_path / "pin"
    path.write_text("1234\n")
    asked = ["code", "--secret-file", secret_file, "--suite", suite, "--challenge", "12345678"]
    assert call(*asked, "--pin-file", str(path))[1]["code"] == peer(
        MARKED, suite, "12345678", pin="1234"
    )
    assert call(*asked)[0] == ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--suite", "OCRA-1:HOTP-SHA1-6:QN08"], ExitCode.USAGE),
        (["--challenge", "12345678"], ExitCode.USAGE),
        (
            ["--suite", "OCRA-1:HOTP-SHA1-6:QN08", "--challenge", "12345678", "--digits", "6"],
            ExitCode.USAGE,
        ),
        (["--suite", "OCRA-1:HOTP-SHA1-6:QN08", "--challenge", "1"], ExitCode.BAD_INPUT),
        (["--suite", "OCRA-1:HOTP-SHA1-6", "--challenge", "12345678"], ExitCode.BAD_INPUT),
        (["--suite", "OCRA-1:HOTP-SHA1-6:C-QN08", "--challenge", "12345678"], ExitCode.BAD_INPUT),
    ],
)
def test_challenges_that_fit_no_account_are_refused(call, secret_file, options, code):
    assert call("code", "--secret-file", secret_file, *options)[0] == code


@with_keypad
def test_there_is_no_otpauth_uri_for_challenges_and_none_is_written(port, token, call, tmp_path):
    path = tmp_path / "uri"
    code, _ = call(
        "provision", "--generate", "--otpauth-out", str(path), "--suite", "OCRA-1:HOTP-SHA1-6:QN08"
    )
    assert code == ExitCode.BAD_INPUT
    assert not path.exists()
    assert token.vault.key_kind == messages.KEY_NONE


def test_a_token_without_keys_is_given_nothing_for_challenges(port, token, capsys, tmp_path):
    path = tmp_path / "bank.secret"
    suite = ["--suite", "OCRA-1:HOTP-SHA1-6:QN08"]
    code = main(["provision", "--generate", "--secret-out", str(path), *suite])
    assert code == TOKEN_ERRORS + messages.NO_KEYPAD
    told = capsys.readouterr().err
    assert "no keypad" in told
    assert "may have it" not in told
    assert token.vault.key_kind == messages.KEY_NONE, "it was not claimed"
    assert not path.exists()

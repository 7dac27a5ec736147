"""kodebrik provision on a token behind a serial port."""

import io
import stat
import sys

import pyotp
import pytest

from firmware.protocol import messages
from host_tools.cli import main
from host_tools.errors import TOKEN_ERRORS, ExitCode
from host_tools.provisioning import access_key
from host_tools.secret import Secret
from tests.support.command_line.files import private
from tests.support.command_line.keyboard import Keyboard
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.link.fake_token import SERIAL


def test_a_blank_token_is_provisioned_by_typing_its_number(port, token, call, secret_file):
    code, result = call(
        "provision",
        "--account",
        "bank",
        "--secret-file",
        secret_file,
        "--digits",
        "8",
        "--period",
        "60",
    )
    assert code == 0
    assert result["serial"] == SERIAL
    assert (result["account"], result["kind"], result["digits"], result["period"]) == (
        "bank",
        "totp",
        8,
        60,
    )
    assert result["clock"] == "set"
    assert token.vault.credentials[0]["secret"] == MARKED
    assert token.vault.key_kind == messages.KEY_ISSUER
    assert (
        token.vault.access_key
        == access_key.derive(Secret(bytes.fromhex(ISSUER_KEY)), SERIAL).reveal()
    )
    assert not token.services.clock.lost()


def test_provisioning_again_changes_nothing_and_leaves_a_good_clock_running(
    provisioned, call, secret_file
):
    before = dict(provisioned.vault.clock), list(provisioned.vault.credentials)
    code, result = call("provision", "--account", "bank", "--secret-file", secret_file)
    assert code == 0
    assert result["clock"].startswith("right within")
    assert (provisioned.vault.clock, provisioned.vault.credentials) == before


@pytest.fixture
def other_secret(tmp_path):
    return private(tmp_path / "other", "hex:" + "17" * 20 + "\n")


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("language", ["en", "da"])
def test_another_secret_for_an_account_is_not_taken_unasked(
    provisioned, other_secret, tmp_path, capsys, as_json, language
):
    """The token is left as it was, and no new secret is left on the disk."""
    before = dict(provisioned.vault.clock), list(provisioned.vault.credentials)
    options = ["--account", "bank", "--lang", language, *(["--json"] if as_json else [])]
    capsys.readouterr()
    for source in (
        ["--secret-file", str(other_secret)],
        ["--generate", "--secret-out", str(tmp_path / "new")],
    ):
        assert main(["provision", *source, *options]) == ExitCode.CONFLICT
        told = "".join(capsys.readouterr())
        assert "--replace" in told
        assert {"en": "no longer gives", "da": "ikke længere"}[language] in told or as_json
        assert "provision-account-exists" in told or not as_json
    assert (provisioned.vault.clock, provisioned.vault.credentials) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("language", "typed", "code"),
    [("en", "yes", ExitCode.OK), ("da", "ja", ExitCode.OK), ("en", "", ExitCode.CONFLICT)],
)
def test_whoever_sits_at_a_terminal_is_asked(
    provisioned, other_secret, monkeypatch, capsys, language, typed, code
):
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: typed, terminal=True))
    options = ["--account", "bank", "--secret-file", str(other_secret), "--lang", language]
    assert main(["provision", *options]) == code
    (kept,) = provisioned.vault.credentials
    assert (kept["secret"] == MARKED) == (code != ExitCode.OK)
    assert "bank" in capsys.readouterr().err


def test_an_account_that_is_replaced_is_said_to_be(provisioned, tmp_path, secret_file, capsys):
    other = private(tmp_path / "other", "hex:" + "17" * 20 + "\n")
    told = {}
    for account, secret in (("bank", secret_file), ("bank", other), ("work", other)):
        capsys.readouterr()
        asked = ["provision", "--account", account, "--secret-file", str(secret), "--replace"]
        assert main(asked) == ExitCode.OK
        told[account, secret] = capsys.readouterr().out
    assert "now has the account bank." in told["bank", secret_file], "the same secret again"
    assert "account bank was replaced: codes of its former secret" in told["bank", other]
    assert "now has the account work." in told["work", other]


def test_a_wrong_number_stops_before_anything_is_written(
    port, token, call, secret_file, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "no"))
    code, result = call("provision", "--secret-file", secret_file)
    assert code == result["exit_code"] == ExitCode.NOT_CONFIRMED
    assert token.vault.state == messages.BLANK


@pytest.mark.parametrize(("slips", "code"), [(2, ExitCode.OK), (3, ExitCode.NOT_CONFIRMED)])
def test_a_number_may_be_mistyped_twice(port, token, secret_file, monkeypatch, capsys, slips, code):
    """The token shows the same one meanwhile."""
    asked = []

    def type_number():
        asked.append(token.services.numbers[-1])
        return "000000" if len(asked) <= slips else asked[-1]

    monkeypatch.setattr(sys, "stdin", Keyboard(type_number))
    assert main(["provision", "--secret-file", secret_file]) == code
    assert len(token.services.numbers) == 1
    assert len(asked) == 3
    assert capsys.readouterr().err.count("shows another number") == 2


@pytest.mark.parametrize("as_json", [True, False])
def test_a_number_that_nobody_can_type_is_no_interrupt(
    port, token, secret_file, monkeypatch, capsys, as_json
):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    options = ["--json"] if as_json else []
    assert main(["provision", "--secret-file", secret_file, *options]) == ExitCode.NOT_CONFIRMED
    told = "".join(capsys.readouterr())
    assert "Standard input ended before the question was answered." in told
    assert "--comparison-file" in told
    assert token.vault.state == messages.BLANK


@pytest.mark.parametrize(
    "options",
    [
        ("--digits", "9"),
        ("--period", "45"),
        ("--counter", "-1"),
        ("--account", "a" * 33),
    ],
)
def test_a_value_that_no_token_can_store_is_an_error_of_the_command_line(
    call, secret_file, options
):
    assert call("provision", "--secret-file", secret_file, *options)[0] == ExitCode.USAGE
    if options[0] != "--account":
        assert call("code", "--secret-file", secret_file, *options)[0] == ExitCode.USAGE


def test_the_number_may_come_from_a_file_for_automation(port, token, call, secret_file, tmp_path):
    number = tmp_path / "number"
    token.services.on_number = lambda digits: number.write_text(f"{digits[:3]} {digits[3:]}\n")
    code, _ = call("provision", "--secret-file", secret_file, "--comparison-file", str(number))
    assert code == 0


def test_a_uri_from_standard_input(port, token, call, monkeypatch, tmp_path):
    number = tmp_path / "number"
    token.services.on_number = lambda digits: number.write_text(digits + "\n")
    uri = pyotp.HOTP(pyotp.random_base32()).provisioning_uri(
        name="me", issuer_name="Vpn", initial_count=5
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(uri.encode())))
    code, result = call("provision", "--otpauth-file", "-", "--comparison-file", str(number))
    assert code == 0
    assert (result["account"], result["counter"], result["period"]) == ("Vpn:me", 5, None)


def test_a_generated_secret_goes_to_private_files_and_gives_the_tokens_codes(
    port, token, call, tmp_path
):
    text, uri = tmp_path / "s.txt", tmp_path / "s.uri"
    options = (
        "--generate",
        "--algorithm",
        "sha-256",
        "--secret-out",
        str(text),
        "--otpauth-out",
        str(uri),
    )
    code, result = call("provision", *options)
    assert code == 0
    assert result["files"] == [str(text), str(uri)]
    for path in (text, uri):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    held = token.vault.credentials[0]["secret"]
    assert len(held) == 32
    expected = pyotp.parse_uri(uri.read_text().strip()).at(1_900_000_000)
    assert pyotp.parse_uri(uri.read_text().strip()).byte_secret() == held
    for source in (
        ("--otpauth-file", str(uri)),
        ("--secret-file", str(text), "--algorithm", "SHA256"),
    ):
        assert call("code", *source, "--time", "1900000000")[1]["code"] == expected
    code, result = call("provision", *options)
    assert code == ExitCode.FILE, "an existing secret is never overwritten"


def test_a_generated_secret_is_kept_when_the_token_may_have_it(
    port, token, capsys, tmp_path, monkeypatch
):
    path = tmp_path / "s.txt"
    monkeypatch.setattr(
        "firmware.link.requests.Requests._fingerprint", lambda self, credential: bytes(8)
    )
    assert main(["provision", "--generate", "--secret-out", str(path)]) == ExitCode.CHECK_FAILED
    assert f"--secret-file {path}" in capsys.readouterr().err
    monkeypatch.undo()
    assert path.exists()


def test_a_generated_secret_that_the_token_refused_leaves_no_file(
    provisioned, capsys, secret_file, tmp_path
):
    for number in range(1, messages.MAX_ACCOUNTS):
        assert main(["provision", "--account", str(number), "--secret-file", secret_file]) == 0
    path = tmp_path / "s.txt"
    code = main(["provision", "--account", "ninth", "--generate", "--secret-out", str(path)])
    assert code == TOKEN_ERRORS + messages.ACCOUNTS_FULL
    assert "may have it" not in capsys.readouterr().err
    assert not path.exists()


def test_a_token_with_a_transport_key_gets_its_own(port, token, call, secret_file, tmp_path):
    token.vault.set_key(messages.KEY_TRANSPORT, bytes(range(32)))
    code, result = call("provision", "--secret-file", secret_file)
    assert code == ExitCode.WRONG_KEY
    assert "transport key" in result["error"]
    path = tmp_path / "transport.key"
    path.touch(0o600)
    path.write_text(bytes(range(32)).hex())
    code, _ = call("provision", "--secret-file", secret_file, "--access-key-file", str(path))
    assert code == 0
    assert token.vault.key_kind == messages.KEY_ISSUER
    assert (
        token.vault.access_key
        == access_key.derive(Secret(bytes.fromhex(ISSUER_KEY)), SERIAL).reveal()
    )


def test_a_token_without_its_clock_chip_takes_counters_only(port, token, call, secret_file):
    token.services.clock = None
    assert (
        call("provision", "--secret-file", secret_file)[0] == TOKEN_ERRORS + messages.CLOCK_ABSENT
    )
    assert call("provision", "--secret-file", secret_file, "--counter", "0")[0] == 0


@pytest.mark.parametrize(
    ("token", "given", "period"),
    [
        ("kodeoplaeser", (), 60),
        ("kodeoplaeser", ("--period", "30"), 30),
        ("kodeviser", (), 30),
        ("kodeviser", ("--period", "60"), 60),
    ],
    indirect=["token"],
)
def test_a_kodeoplaeser_gets_a_period_of_60_seconds_unless_it_is_told_another(
    port, token, call, tmp_path, given, period
):
    uri = tmp_path / "s.uri"
    result = call("provision", "--generate", "--otpauth-out", str(uri), *given)[1]
    assert result["period"] == token.vault.credentials[0]["period"] == period
    assert pyotp.parse_uri(uri.read_text().strip()).interval == period, "as the server imports it"
    (listed,) = call("accounts", "list")[1]["accounts"]
    assert listed["period"] == period


@pytest.mark.parametrize("token", ["kodeoplaeser"], indirect=True)
def test_a_uri_says_its_own_period_and_counters_have_none(port, token, call, secret_file, tmp_path):
    uri = tmp_path / "s.uri"
    uri.write_text(f"otpauth://totp/Bank?secret={'GEZDGNBVGY3TQOJQ' * 2}\n")
    uri.chmod(0o600)
    assert call("provision", "--otpauth-file", str(uri))[1]["period"] == 30
    counted = ("--account", "b", "--secret-file", secret_file, "--counter", "0")
    assert call("provision", *counted)[1]["period"] is None

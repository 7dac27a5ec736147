"""Every command on a token behind a serial port: texts, JSON, exit codes, and that no secret is
printed.
"""

import io
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pyotp
import pytest
import typer

from firmware.protocol import messages
from firmware.storage.pin import try_pin
from host_tools.cli import app, main
from host_tools.errors import ExitCode, exit_code_table
from host_tools.provisioning import access_key
from host_tools.secret import Secret
from tests.support.command_line.keyboard import Keyboard
from tests.support.command_line.secrets import ISSUER_KEY, MARKED
from tests.support.link.fake_token import SERIAL
from tests.support.ocra import peer


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


def test_a_wrong_number_stops_before_anything_is_written(
    port, token, call, secret_file, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "no"))
    code, result = call("provision", "--secret-file", secret_file)
    assert code == result["exit_code"] == ExitCode.NOT_CONFIRMED
    assert token.vault.state == messages.BLANK


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


def test_info_tells_more_to_who_has_the_key(provisioned, call, capsys, monkeypatch):
    code, result = call("info")
    assert code == 0
    assert (result["serial"], result["state"], result["accounts"], result["battery_mv"]) == (
        SERIAL,
        "locked",
        1,
        3700,
    )
    main(["info"])
    assert "Battery: 3700 mV" in capsys.readouterr().out
    monkeypatch.delenv("KODEBRIK_ISSUER_KEY")
    code, result = call("info")
    assert code == 0
    assert "battery_mv" not in result


def test_accounts_are_listed_and_removed(provisioned, call):
    code, result = call("accounts", "list")
    assert code == 0
    assert [account["name"] for account in result["accounts"]] == ["bank"]
    assert len(result["accounts"][0]["fingerprint"]) == 16
    assert call("accounts", "remove", "bank") == (0, {"serial": SERIAL, "removed": "bank"})
    code, result = call("accounts", "remove", "bank")
    assert code == 100 + messages.UNKNOWN_ACCOUNT
    assert result["hint"]


def test_the_clock_is_set_checked_and_trimmed_on_a_second_visit(provisioned, token, call):
    token.services.clock.ppm = 4
    code, result = call("clock", "set")
    assert code == 0
    assert abs(result["offset_ms"]) < 50
    code, result = call("clock", "trim")
    assert code == ExitCode.TOO_EARLY
    assert "Come back in" in result["hint"]
    assert token.vault.clock["aging"] == 0
    token.services._world.sleep(5 * 86_400)
    code, result = call("clock", "check")
    assert result["drift_ppm"] == pytest.approx(4, abs=0.5)
    code, result = call("clock", "trim")
    assert code == 0
    assert result["aging"] == pytest.approx(40, abs=3)
    assert result["set_at"] > token.services._world.time - 60, "set anew"


def test_a_clock_that_lost_the_time_is_said_so(provisioned, token, call):
    token.services.clock.lose()
    assert call("clock", "check")[0] == 100 + messages.CLOCK_LOST
    assert call("clock", "set")[0] == 0


def test_a_token_without_its_clock_chip_takes_counters_only(port, token, call, secret_file):
    token.services.clock = None
    assert call("provision", "--secret-file", secret_file)[0] == 100 + messages.CLOCK_ABSENT
    assert call("provision", "--secret-file", secret_file, "--counter", "0")[0] == 0


def test_settings_are_shown_and_changed(provisioned, call):
    assert call("settings") == (0, {"flip": False, "language": "da", "brightness": 3})
    assert (
        call("settings", "--flip", "--language", "en", "--brightness", "5")[1]["language"] == "en"
    )
    assert call("settings") == (0, {"flip": True, "language": "en", "brightness": 5})
    assert call("settings", "--no-flip")[1]["flip"] is False
    assert call("settings", "--language", "xx")[0] == ExitCode.USAGE
    assert call("settings", "--brightness", "9")[0] == ExitCode.USAGE


def test_block_and_unblock(provisioned, call):
    assert call("block") == (0, {"serial": SERIAL, "state": "blocked"})
    assert call("info")[1]["state"] == "blocked"
    assert call("unblock") == (0, {"serial": SERIAL, "state": "locked"})


def test_wipe_asks_for_the_serial_number(provisioned, call, monkeypatch):
    assert call("wipe", "--yes", "123456789015")[0] == ExitCode.NOT_CONFIRMED
    assert call("wipe", "--yes", "1234")[0] == ExitCode.BAD_INPUT
    assert provisioned.vault.state == messages.LOCKED
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: SERIAL))
    assert call("wipe") == (0, {"serial": SERIAL, "state": "wiped"})
    assert not provisioned.vault.credentials
    assert call("wipe", "--yes", SERIAL)[0] == 0, "again is harmless"


def test_a_damaged_token_is_wiped_after_a_claim(provisioned, token, call, monkeypatch):
    for slot in token.directory.iterdir():
        slot.write_bytes(b"\xff" * 50)
    token.restart()
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: token.services.numbers[-1]))
    assert call("wipe", "--yes", SERIAL)[0] == 0
    assert token.vault.state == messages.WIPED


def test_selftest_names_what_failed(provisioned, token, call):
    code, result = call("selftest")
    assert code == 0
    assert result["parts"]["x25519"] is True
    token.services.sound = False
    code, result = call("selftest")
    assert code == ExitCode.CHECK_FAILED
    assert "display" in result["error"]


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


@pytest.mark.parametrize("when", ["59", "1970-01-01T00:00:59Z", "1970-01-01T01:00:59+01:00"])
def test_code_computes_rfc_6238_appendix_b(call, tmp_path, when):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    code, result = call("code", "--secret-file", str(path), "--digits", "8", "--time", when)
    assert (code, result["code"], result["remaining"]) == (0, "94287082", 1)


def test_code_is_grouped_for_reading(capsys, monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    )
    assert main(["code", "--secret-file", "-", "--counter", "0"]) == 0
    assert capsys.readouterr().out == "755 224\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("info", "--bogus"),
        ("code",),
        ("provision",),
        ("provision", "--generate"),
        ("provision", "--generate", "--secret-file", "x"),
        ("provision", "--secret-file", "x", "--secret-out", "y"),
        ("accounts",),
        ("accounts", "remove"),
        ("emulate", "--script", "x", "--headless"),
        ("emulate",),
        ("code", "--secret-file", "x", "--time", "yesterday"),
        ("code", "--otpauth-file", "x", "--digits", "8"),
    ],
)
def test_a_wrong_command_line_is_said_so_in_json_too(call, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    Path("x").touch(0o600)
    Path("x").write_text("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    code, result = call(*arguments)
    assert code == result["exit_code"] == ExitCode.USAGE
    assert result["hint"]


def test_every_exit_code_is_in_the_help(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for code, meaning in exit_code_table():
        assert f"{code:>3}  {meaning}" in out or code > 100
    assert "100+n" in out
    assert len({code for code, _ in exit_code_table()}) == len(exit_code_table())


def test_help_and_results_have_no_boxes(capsys):
    assert main(["provision", "--help"]) == 0
    assert main([]) == 0
    assert not any(0x2500 <= ord(letter) < 0x2600 for letter in capsys.readouterr().out)


def every_option():
    """Give (command name, option) for each option of each command."""
    pending = [("kodebrik", typer.main.get_command(app.app))]
    while pending:
        name, command = pending.pop()
        pending += [
            (f"{name} {child}", entry) for child, entry in getattr(command, "commands", {}).items()
        ]
        for parameter in command.params:
            yield name, parameter


def test_no_option_takes_a_secret():
    """Command lines are visible to every user of the computer (ps)."""
    seen = 0
    for name, parameter in every_option():
        seen += 1
        if parameter.name == "key_delay":  # the keypad's keys
            continue
        if any(word in parameter.name for word in ("secret", "key", "passphrase", "otpauth")):
            assert parameter.metavar in ("FILE", "FILE|URI"), (
                f"{name} {parameter.name}"
            )  # a pkcs11: URI holds no PIN
    assert seen > 100


def test_every_command_speaks_json():
    commands = {name for name, _ in every_option()}
    for name in commands - {"kodebrik", "kodebrik accounts", "kodebrik clock", "kodebrik keys"}:
        assert any(
            option == name and parameter.name == "as_json" for option, parameter in every_option()
        ), name


def test_no_secret_is_said_logged_or_left_behind(port, token, secret_file, tmp_path, capfd, caplog):
    """A marked secret and key appear in no output, log or file except the one they came from."""
    caplog.set_level(logging.DEBUG)
    commands = (
        ["provision", "--account", "bank", "--secret-file", secret_file],
        ["provision", "--account", "a" * 40, "--secret-file", secret_file],
        ["accounts", "list"],
        ["accounts", "remove", "nobody"],
        ["info"],
        ["selftest"],
        ["code", "--secret-file", secret_file],
        ["code", "--otpauth-file", secret_file],
    )
    for command in commands:
        main(command)
        main([*command, "--json"])
    said = "".join(capfd.readouterr()) + caplog.text
    derived = access_key.derive(Secret(bytes.fromhex(ISSUER_KEY)), SERIAL).reveal()
    hidden = [MARKED, bytes.fromhex(ISSUER_KEY), derived]
    texts = [
        form for value in hidden for form in (value, value.hex().encode(), repr(value).encode())
    ]
    assert said
    for text in texts:
        assert text not in said.encode()
        assert text not in port.received
    for path in tmp_path.rglob("*"):
        if path.is_file() and str(path) != secret_file:
            assert not any(text in path.read_bytes() for text in texts), path


def test_a_defect_shows_its_place_and_no_values(capsys, monkeypatch, port, provisioned):
    def fail(self):
        raise RuntimeError(f"the secret is {MARKED!r}")

    monkeypatch.setattr("host_tools.link.session.Session.accounts", fail)
    assert main(["accounts", "list"]) == ExitCode.INTERNAL
    said = capsys.readouterr()
    assert "RuntimeError at test_cli.py" in said.err
    assert "MARKED" not in said.err + said.out


def test_output_to_a_closed_pipe_ends_quietly():
    command = [
        sys.executable,
        "-c",
        "from host_tools.cli import main; raise SystemExit(main(['--help']))",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


with_keypad = pytest.mark.parametrize("token", ["kodeoplaeser"], indirect=True)


@with_keypad
def test_a_pin_from_a_file_is_set_and_cleared(provisioned, call, tmp_path, capsys):
    path = tmp_path / "pin"
    path.touch(0o600)
    path.write_text("82915\n")
    assert call("pin", "set", "--pin-file", str(path)) == (0, {"serial": SERIAL, "pin": True})
    assert try_pin(provisioned.vault, "82915", 0)
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "PIN: set, 10 of 10 tries left" in out
    assert "82915" not in out
    assert call("pin", "clear") == (0, {"serial": SERIAL, "pin": False})
    assert provisioned.vault.pin is None


@with_keypad
def test_a_pin_may_come_from_standard_input_or_be_asked_for_twice(provisioned, call, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"82915\n")))
    assert call("pin", "set", "--pin-file", "-")[0] == 0
    typed, asked = iter(["4096", "4097", "4096", "4096"]), []

    def prompt(text, **options):
        asked.append((text, options["hide_input"]))
        return next(typed)

    monkeypatch.setattr(typer, "prompt", prompt)
    assert call("pin", "set")[0] == 0
    assert asked == [("New PIN", True), ("Repeat for confirmation", True)] * 2
    assert try_pin(provisioned.vault, "4096", 0)


@with_keypad
@pytest.mark.parametrize("pin", ["", "123", "123456789", "82a15", "٨٢٩١٥", "82 915"])
def test_what_is_no_pin_is_refused_before_the_token_hears_of_it(provisioned, call, tmp_path, pin):
    path = tmp_path / "pin"
    path.write_text(pin)
    code, result = call("pin", "set", "--pin-file", str(path))
    assert code == ExitCode.BAD_INPUT
    assert "4 to 8 digits" in result["hint"]
    assert pin not in result["error"] or not pin
    assert provisioned.vault.pin is None


@with_keypad
def test_a_simple_pin_is_refused_by_the_token(provisioned, call, tmp_path):
    path = tmp_path / "pin"
    path.write_text("1234")
    code, result = call("pin", "set", "--pin-file", str(path))
    assert code == 100 + messages.PIN_TOO_SIMPLE
    assert "easy to guess" in result["error"]


def test_a_token_without_keys_takes_no_pin(provisioned, call, tmp_path):
    path = tmp_path / "pin"
    path.write_text("82915")
    assert call("pin", "set", "--pin-file", str(path))[0] == 100 + messages.NO_KEYPAD


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


def test_a_token_without_keys_answers_no_challenges(port, token, call, secret_file):
    code, _ = call("provision", "--secret-file", secret_file, "--suite", "OCRA-1:HOTP-SHA1-6:QN08")
    assert code == 100 + messages.NO_KEYPAD


def test_a_setting_that_the_product_has_not_is_named(provisioned, call):
    code, result = call("settings", "--volume", "3", "--flip")
    assert code == ExitCode.USAGE
    assert "no setting for: volume" in result["error"]
    assert call("settings")[1]["flip"] is False, "and nothing was changed"


def test_a_language_that_the_image_does_not_carry_is_named(provisioned, call):
    code, result = call("settings", "--language", "kl")
    assert code == ExitCode.USAGE
    assert "does not carry the language kl" in result["error"]
    assert call("settings")[1]["language"] == "da"

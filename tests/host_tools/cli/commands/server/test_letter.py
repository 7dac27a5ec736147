"""kodebrik letter: the letter with which a user activates a token."""

import json
import re

import pytest

from host_tools.cli.options.validator import open_validator
from host_tools.errors import ExitCode
from host_tools.otp import codes
from tests.support.command_line.files import private

HEX = "3132333435363738393031323334353637383930"


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [("letter.html", "da", "<html lang"), ("letter.txt", "en", "Activation code")],
)
def test_a_letter_holds_a_code_that_activates_the_token(
    call, server, tmp_path, name, language, words
):
    csv = private(tmp_path / "one.csv", f"100000000008,{HEX},hotp,6,0\n")
    assert call("import", csv) == (0, {"imported": 1})
    database = f"sqlite:///{tmp_path / 'validator.db'}"
    with open_validator(database, None) as validator:
        validator.assign("100000000008", "sofie.hansen", actor="test")
    out = tmp_path / name
    options = ("--language", language, "--site", "https://kode.example")
    code, result = call("letter", "100000000008", str(out), *options)
    assert code == 0, result
    assert out.stat().st_mode & 0o777 == 0o600
    letter = out.read_text()
    for part in ("1000 0000 0008", "sofie.hansen", "https://kode.example", words):
        assert part in letter
    word = {"da": "Aktiveringskode", "en": "Activation code"}[language]
    printed = re.search(rf"{word}(?:</dt><dd>|: )([\w ]+)", letter)[1].replace(" ", "")
    assert printed not in json.dumps(result), "the code stands in the letter alone"
    with open_validator(database, None) as validator:
        shown = codes.hotp(bytes.fromhex(HEX), 0)
        assert validator.activate("100000000008", [shown], printed, actor="test").accepted


def test_a_letter_for_a_token_of_nobody_is_not_written(call, server, tmp_path):
    assert call("import", private(tmp_path / "one.csv", f"7,{HEX},hotp,6,0\n"))[0] == 0
    code, _ = call("letter", "7", str(tmp_path / "letter.html"))
    assert code != 0
    assert not (tmp_path / "letter.html").exists()
    assert (
        call("letter", "7", str(tmp_path / "letter.html"), "--language", "kl")[0] == ExitCode.USAGE
    )


def test_an_active_token_gets_no_letter(call, server, tmp_path):
    csv = private(tmp_path / "one.csv", f"7,{HEX},hotp,6,0\n")
    assert call("import", csv)[0] == 0
    assert call("assign", "7", "sofie.hansen", "--activate")[0] == 0
    code, result = call("letter", "7", str(tmp_path / "letter.html"))
    assert (code, result["id"]) == (ExitCode.CONFLICT, "token-gets-no-letter")
    assert result["error"] == "The token 7 is active: it gets no activation letter."
    assert not (tmp_path / "letter.html").exists()


@pytest.mark.parametrize(
    "site",
    [
        "javascript:alert(1)",
        "codes.example",
        "ftp://codes.example",
        "https://",
        "https://a?b=c",
        "",
    ],
)
def test_what_is_no_web_address_comes_into_no_letter(call, server, tmp_path, site):
    out = tmp_path / "letter.html"
    code, said = call("letter", "100000000008", str(out), "--site", site)
    assert (code, said["id"]) == (ExitCode.USAGE, "letter-site-invalid")
    assert not out.exists()

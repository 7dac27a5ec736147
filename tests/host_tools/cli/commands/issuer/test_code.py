"""kodebrik code against published values."""

import io
import sys

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode


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


def test_a_code_is_not_computed_without_the_suites_pin(call, tmp_path, secret_file):
    pin = tmp_path / "pin"
    pin.touch(0o600)
    pin.write_text("\n")
    suite = ["--suite", "OCRA-1:HOTP-SHA1-6:QN08-PSHA1", "--challenge", "12345678"]
    code, told = call("code", *suite, "--secret-file", secret_file, "--pin-file", str(pin))
    assert (code, told["id"]) == (ExitCode.BAD_INPUT, "pin-file-empty")
    assert "code" not in told

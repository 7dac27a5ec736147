"""kodebrik code against published values."""

import io
import sys

import pytest

from host_tools.cli import main


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

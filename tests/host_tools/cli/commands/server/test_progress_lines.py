"""Commands that can take long on a large database say what they do from their beginning on."""

import json

import pytest

from host_tools.cli import main, progress


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (("list",), ["Reading the tokens"]),
        (("audit", "verify"), ["Verifying"]),
        (("server", "rotate-key"), ["Sealing rows"]),
        (("import", "{tokens}", "--kind", "totp"), ["Importing"]),
        (("assign", "K1", "anna.holm"), ["Assigning"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_a_line_comes_before_the_database_is_open(
    folder, capsys, tmp_path, monkeypatch, command, lines
):
    tokens = tmp_path / "tokens.csv"
    tokens.write_text("serial,secret\nK1,3132333435363738393031323334353637383930\n")
    assert main(["import", str(tokens), "--kind", "totp", "--json"]) == 0
    tokens.write_text("serial,secret\nK2,3132333435363738393031323334353637383931\n")
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.0)
    capsys.readouterr()
    assert main([*(word.format(tokens=tokens) for word in command), "--json"]) == 0
    said = capsys.readouterr()
    json.loads(said.out)
    for line in lines:
        assert any(told.startswith(line) for told in said.err.splitlines()), said.err

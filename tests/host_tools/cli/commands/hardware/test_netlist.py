"""kodebrik netlist."""

import json

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.hardware import netlist


def test_it_writes_a_netlist_and_says_what_is_in_it(tmp_path, capsys):
    path = tmp_path / "token.net"
    assert main(["netlist", "--output", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"output": str(path), "parts": 19, "nets": 16}
    assert path.read_text().startswith("(export")
    assert main(["netlist", "--output", str(path)]) == ExitCode.FILE


def test_a_circuit_that_breaks_the_rules_is_not_written(tmp_path, capsys, monkeypatch):
    broken = netlist.Checked(["Pin conflict on net N"], "(export")
    monkeypatch.setattr(netlist, "check", lambda whole: broken)
    path = tmp_path / "token.net"
    assert main(["netlist", "--output", str(path), "--json"]) == ExitCode.CHECK_FAILED
    told = json.loads(capsys.readouterr().out)
    assert told["id"] == "netlist-rules"
    assert "Pin conflict on net N" in told["error"]
    assert not path.exists()
    assert main(["netlist", "--output", str(path), "--board", "abacus"]) == ExitCode.USAGE


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    path = tmp_path / "none" / "token.net"
    assert main(["netlist", "--output", str(path)]) == ExitCode.FILE
    assert str(path) in capsys.readouterr().err

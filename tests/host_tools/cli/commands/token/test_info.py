"""kodebrik info and selftest on a token behind a serial port."""

from contextlib import contextmanager

from host_tools.cli import main
from host_tools.errors import ExitCode
from tests.support.link.fake_token import SERIAL


def test_info_tells_more_to_who_has_the_key(provisioned, call, capsys, monkeypatch):
    code, result = call("info")
    assert code == 0
    assert (result["serial"], result["state"], result["accounts"], result["battery_mv"]) == (
        SERIAL,
        "in_use",
        1,
        3700,
    )
    main(["info"])
    assert "Battery: 3700 mV" in capsys.readouterr().out
    monkeypatch.delenv("KODEBRIK_ISSUER_KEY")
    code, result = call("info")
    assert code == 0
    assert "battery_mv" not in result


def test_a_port_is_waited_for_with_progress(port, token, call, monkeypatch):
    begun: list[str] = []

    @contextmanager
    def reporting(what):
        begun.append(str(what))
        yield lambda done, total: None

    monkeypatch.setattr("host_tools.cli.options.token.reporting", reporting)
    assert call("info")[0] == 0
    assert begun == [f"Waiting for an answer on {port.path}"]


def test_selftest_names_what_failed(provisioned, token, call):
    code, result = call("selftest")
    assert code == 0
    assert result["parts"]["x25519"] is True
    token.services.sound = False
    code, result = call("selftest")
    assert code == ExitCode.CHECK_FAILED
    assert "display" in result["error"]

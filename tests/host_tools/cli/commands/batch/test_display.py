"""What the operator of a station reads in the table."""

from host_tools.cli.commands.batch.display import Drawn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory.events import Event, Step


def test_why_a_token_is_broken_off_has_lines_of_its_own(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    taken = KodebrikError(
        "batch-token-taken", ExitCode.BUSY, serial="7", station="east", until="12:30:00"
    )
    with Drawn([]) as table:
        table.show(Event("port", Step.INTERRUPTED, "7", taken), 0, 1)
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert [row[3].strip() for row in rows][:2] == [
        "broken off; it is gone on with",
        "The token 7 is being worked on by east, whose claim lasts until 12:30:00.",
    ]

"""Progress on a terminal: a bar that never stands at 100 % while work goes on."""

import io

from rich.progress import Progress as Bar

from host_tools.cli import progress


def test_a_bar_does_not_stand_at_100_percent_while_work_goes_on(monkeypatch):
    bars = []
    start = Bar.start
    monkeypatch.setattr(Bar, "start", lambda self: (bars.append(self), start(self))[1])
    monkeypatch.setattr("sys.stderr", io.StringIO())
    monkeypatch.setattr(progress, "is_rich_terminal", lambda: True)
    with progress.reporting("Importing") as report:
        (bar,) = bars
        report(1, 4)
        assert bar.tasks[0].percentage == 25
        report(4, 4)
        assert bar.tasks[0].total is None, "the commit has no measure"
        report(1, 2)
        assert bar.tasks[0].percentage == 50, "the next step has one again"

"""Progress: on a terminal a bar that never stands at 100 % while work goes on, elsewhere lines, the
first within three seconds."""

import io
import threading
import time

from rich.progress import Progress as Bar

from host_tools.cli import progress
from host_tools.cli.output import language, localized
from tests.support.limits import REAL_LIMIT


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


class _Said:
    """The lines that are said, with the seconds since the beginning."""

    def __init__(self, monkeypatch):
        self.lines, self._began = [], time.monotonic()
        self._more = threading.Condition()
        monkeypatch.setattr(progress, "say", self._say)

    def _say(self, line):
        with self._more:
            self.lines.append((localized(line), time.monotonic() - self._began))
            self._more.notify()

    def wait(self, count):
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, REAL_LIMIT)
        return [line for line, _ in self.lines]


def test_work_that_reports_nothing_says_a_line_within_three_seconds(monkeypatch):
    said = _Said(monkeypatch)
    with progress.reporting("Reading"):
        said.wait(1)
    ((line, seconds),) = said.lines
    assert line == "Reading …"
    assert seconds >= progress._FIRST_LINE
    assert progress._FIRST_LINE <= 2.5, "a machine at work wakes late"


def test_lines_say_how_far_it_is_and_that_it_still_goes_on(monkeypatch):
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.01)
    monkeypatch.setattr(progress, "_LINE_INTERVAL", 0.01)
    said, before = _Said(monkeypatch), threading.active_count()
    token = language.set("da")
    try:
        with progress.reporting("Læser") as report:
            said.wait(1)
            report(1500, 60000)
            seen = len(said.wait(1))
            assert said.wait(seen + 2)[-1] == "Læser: 1.500 af 60.000"
            report(60000, 60000)
            seen = len(said.lines)
            assert "afsluttes" in said.wait(seen + 2)[-1]
    finally:
        language.reset(token)
    assert threading.active_count() == before, "and no line comes after the end"


def test_short_work_says_nothing(monkeypatch):
    said = _Said(monkeypatch)
    with progress.reporting("Reading") as report:
        report(1, 2)
    assert said.lines == []

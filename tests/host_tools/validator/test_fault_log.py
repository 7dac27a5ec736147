"""The log of faults: once a minute each, and each altered row by itself."""

import logging
import time

import pytest

from host_tools.validator.errors import UnavailableError
from host_tools.validator.fault_log import FaultLog
from host_tools.validator.store import row_seals, tables


def test_each_altered_row_is_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    faults = FaultLog(logging.getLogger("kodebrik.test"))
    rows = [(tables.users, "anna"), (tables.users, "bo"), (tables.tokens, "anna")]

    def noted() -> list[str]:
        caplog.clear()
        for table, name in rows * 20:
            faults.note(row_seals.altered_row(table, name))
        return [record.getMessage() for record in caplog.records]

    lines = noted()
    assert len(lines) == len(rows)
    for (table, name), line in zip(rows, lines, strict=True):
        assert line.startswith(f"row-altered: The row {name} of the table {table.name} is not")
    now += 59.0
    assert noted() == []
    now += 1.0
    assert noted() == lines


def test_a_database_that_is_away_is_one_fault_whatever_it_says(caplog: pytest.LogCaptureFixture):
    faults = FaultLog(logging.getLogger("kodebrik.test"))
    for number in range(3):
        faults.note(UnavailableError("database-silent", reason=f"connection {number}"))
    (record,) = caplog.records
    assert record.getMessage().startswith("database-silent: ")


def test_a_row_whose_name_was_altered_writes_no_line_of_its_own():
    named = row_seals.altered_row(tables.users, "anna\nERROR all is well")
    assert "anna\\nERROR all is well" in named.message
    assert named.message.isprintable()

"""Ids of rows: nanoseconds of Unix time, drawn by the process that writes the row.

A row's seal covers its id, so the id must be known before the row is written; ids that the database
counts up would cost a statement more for each row. They rise within a process. Two processes draw
the same id only if they write within the same few nanoseconds; the database then refuses the second
row, and its transaction is repeated.
"""

import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """Give an id that this process has not given before, greater than all of those."""
    global _last  # noqa: PLW0603 - one sequence for each process
    with _lock:
        _last = max(time.time_ns(), _last + 1)
        return _last


def continue_after(row_id: int) -> None:
    """Give only ids greater than `row_id` from now on, also when the clock was set back since that
    one was given."""
    global _last  # noqa: PLW0603 - as above
    with _lock:
        _last = max(_last, row_id)

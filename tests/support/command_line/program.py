"""The program kodebrik in a process of its own, as a user runs it."""

import subprocess
import sys

from tests.support.limits import REAL_LIMIT

KODEBRIK = [sys.executable, "-m", "kodebrik"]


def run(*arguments):
    """Run a command to its end."""
    command = [*KODEBRIK, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=REAL_LIMIT)

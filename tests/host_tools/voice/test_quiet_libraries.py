"""What a library in C writes to standard error while a device is opened is not shown."""

import os
import subprocess
import sys

from tests.support.limits import REAL_LIMIT

PROGRAM = """
import os, sys
from host_tools.voice.quiet_libraries import quiet_libraries
print("before", file=sys.stderr)
try:
    with quiet_libraries():
        os.write(2, b"ALSA lib confmisc.c:855: cannot find card '0'\\n")
        raise ValueError
except ValueError:
    pass
os.write(2, b"after\\n")
os.close(2)
with quiet_libraries():
    os.write(1, b"closed, and no error")
"""


def test_what_c_libraries_write_is_dropped_and_what_comes_after_is_not():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        timeout=REAL_LIMIT,
    )
    assert done.stderr == "before\nafter\n"
    assert done.stdout == "closed, and no error"

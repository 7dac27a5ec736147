"""The name under which kodebrik is installed; docs/internals.md ("The wheel") says why.

A wheel holds firmware/, emulator/ and host_tools/ in the folder `_tree` of this package, not beside
it, so that no other distribution's `firmware` or `emulator` meets ours in site-packages. Importing
`kodebrik` makes the three importable in this process. In a checkout they are so anyhow.
"""

import os
import signal
import sys
from pathlib import Path

_TREE = Path(__file__).parent / "_tree"
_INTERRUPTED = 130  # exit code after Ctrl-C, as shells give it

if _TREE.is_dir() and str(_TREE) not in sys.path:
    sys.path.insert(0, str(_TREE))


def main() -> int:
    """Run the `kodebrik` command line; return its exit code."""
    try:
        from host_tools import cli  # noqa: PLC0415 - importable only now

        code = cli.main()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is done, or undone
    if code == _INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        # What was open is closed by now. Threads in the middle of something would be waited for.
        os._exit(code)
    return code

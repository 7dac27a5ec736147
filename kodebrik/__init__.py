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
_BAD_FILE = 3  # exit codes, as host_tools.errors has them
_INTERRUPTED = 130

if _TREE.is_dir() and str(_TREE) not in sys.path:
    sys.path.insert(0, str(_TREE))


def main() -> int:
    """Run the `kodebrik` command line; return its exit code."""
    try:
        from host_tools import cli  # noqa: PLC0415 - importable only now

        code = cli.main()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except SyntaxError as error:
        code = _tell_syntax(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is done, or undone
    if code == _INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        # What was open is closed by now. Threads in the middle of something would be waited for.
        os._exit(code)
    return code


def _tell_syntax(error: SyntaxError) -> int:
    """Name the file that was edited and does not compile; the host's programs import some of the
    firmware's, so it may be too early for the command line to do so."""
    from host_tools.messages import catalogue  # noqa: PLC0415 - imports nothing of the firmware

    language, lines = catalogue.choose(os.environ), ("firmware-syntax", "firmware-syntax.hint")
    name, line, fault = error.filename or "?", error.lineno or 0, error.msg
    said = [catalogue.text(language, one, name=name, line=line, fault=fault) for one in lines]
    mark = catalogue.text(language, "error-mark")
    print(f"{mark} {said[0]}", said[1], sep="\n", file=sys.stderr)
    return _BAD_FILE

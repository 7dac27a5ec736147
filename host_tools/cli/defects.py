"""What nobody foresaw: a refusal of the operating system is told in words, anything else is a
defect of kodebrik, for which a report is written to attach.

A report holds places in the program, kinds of errors and versions; never a value, a message of an
error or an argument, each of which may be a secret.
"""

import errno
import json
import os
import platform
import tempfile
import traceback
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from firmware.version import VERSION
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

_PLACES = 4  # shown on the command line
_PROGRAM = Path(__file__).parents[2]
_REFUSALS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


def unforeseen(error: Exception, command: str) -> KodebrikError:
    """Give the error to tell; `command` is the path of the command's names, without arguments."""
    if isinstance(error, OSError) and _is_refusal(error):
        path = error.filename if isinstance(error.filename, str) else Message("a-file")
        return KodebrikError("system-refused", ExitCode.FILE, path=path, reason=reason(error))
    kind, place = type(error).__name__, " < ".join(_places(error)[:_PLACES])
    try:
        handle, name = tempfile.mkstemp(prefix="kodebrik-defect-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(_report(error, command), file, indent=1)
    except OSError:
        return KodebrikError("defect-unwritten", ExitCode.INTERNAL, kind=kind, place=place)
    return KodebrikError("defect", ExitCode.INTERNAL, kind=kind, place=place, report=name)


def _is_refusal(error: OSError) -> bool:
    """Say whether the system refused a file of the user's, and not one of the program's own."""
    if error.errno not in _REFUSALS:
        return False
    named = error.filename
    return not (isinstance(named, str) and Path(named).absolute().is_relative_to(_PROGRAM))


def _report(error: Exception, command: str) -> dict[str, Any]:
    steps = []
    link: BaseException | None = error
    while link is not None:
        steps.append({"kind": type(link).__name__, "places": _places(link)})
        link = link.__cause__ or link.__context__
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    return {
        "kodebrik": VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": command,
        "errors": steps,
        "packages": dict(sorted(packages.items())),
    }


def _places(error: BaseException) -> list[str]:
    """Give file, line and function of every step, the innermost first."""
    return [
        f"{Path(step.filename).name}:{step.lineno} {step.name}"
        for step in reversed(traceback.extract_tb(error.__traceback__))
    ]


def command_path(arguments: list[str], names: set[str]) -> str:
    """Give the words of a command line that name commands, up to the first that does not."""
    path = ["kodebrik"]
    for word in arguments:
        if word not in names:
            break
        path.append(word)
    return " ".join(path)

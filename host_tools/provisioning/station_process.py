"""Which process a station is, so that others on its computer know when it is dead (proc(5)).

Only Linux tells it so that no other process can be taken for it: the boot of the computer, the
namespace of process numbers (containers have their own), the number, and when the process began.
Elsewhere nobody knows, and a station's claim ends by time alone.
"""

import os
from pathlib import Path

PROC = Path("/proc")
_BOOT = "sys/kernel/random/boot_id"
_STATE, _BEGAN = 0, 19  # of the fields of PROC/N/stat after the name
_ENDED = "ZX"  # states: ended, and its parent has not asked yet


def own() -> str | None:
    """Give what this process is known by; None where nobody knows."""
    return _known_by(os.getpid(), PROC)


def is_running(process: str | None, proc: Path = PROC) -> bool | None:
    """Say whether the process that own() gave this of itself still runs; None when that is not
    known here."""
    match (process or "").split():
        case [*computer, number, _] if computer and computer == _computer(proc):
            now = _known_by(int(number), proc)
            return _is_hidden(int(number)) if now is None else now == process
    return None


def _known_by(number: int, proc: Path) -> str | None:
    """Give what a process that runs is known by, None when there is none that can be seen."""
    try:
        fields = (
            (proc / str(number) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    computer = _computer(proc)
    if not computer or fields[_STATE] in _ENDED:
        return None
    return " ".join([*computer, str(number), fields[_BEGAN]])


def _computer(proc: Path) -> list[str]:
    """Give the boot and the namespace in which processes have their numbers; empty if unknown."""
    try:
        return [(proc / _BOOT).read_text().strip(), os.readlink(proc / "self" / "ns" / "pid")]
    except OSError:
        return []


def _is_hidden(number: int) -> bool:
    """Say whether there is a process that cannot be seen, as another user's (`hidepid`)."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return False  # one's own, which would be seen: it has ended

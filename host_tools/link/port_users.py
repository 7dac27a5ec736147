"""Which program has a serial port open, as Linux tells it (proc(5)); elsewhere nobody knows.

Of another user's processes, such as a system's services, only the names can be read.
"""

import os
from pathlib import Path

# It opens new ports for half a minute and tries whether they are modems.
MODEM_MANAGER = "ModemManager"
PROC = Path("/proc")


def holder(port: str, proc: Path = PROC) -> str | None:
    """Give the name of another program that has `port` open: the one that is seen to, else
    ModemManager if it runs. None when there is none of which that is known."""
    device = os.path.realpath(port)
    processes = [folder for folder in _listed(proc) if folder.name.isdigit()]
    others = [folder for folder in processes if int(folder.name) != os.getpid()]
    seen = (
        folder for folder in others if any(_leads(file, device) for file in _listed(folder / "fd"))
    )
    names = [name for folder in seen if (name := _name(folder))]
    if not names and MODEM_MANAGER in map(_name, others):
        return MODEM_MANAGER
    return names[0] if names else None


def _listed(folder: Path) -> list[Path]:
    """Give what is in a folder; nothing of one that is gone, or another user's."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _leads(file: Path, device: str) -> bool:
    try:
        return os.readlink(file) == device
    except OSError:  # closed meanwhile
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

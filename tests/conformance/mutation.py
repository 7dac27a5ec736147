"""Runs tests on mutants, each in a copy of the repository: do the tests fail that must?

`python -m tests.conformance.mutation CLAUSE ...` tries the mutants of these requirements (without
any: all) and exits with 1 when one is not caught.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree as ET

import pytest

from tests.conformance.mutants import Mutant, content, mutants
from tests.conformance.requirements import ROOT

_COPIED = ("docs", "emulator", "firmware", "host_tools", "kodebrik", "tests", "pyproject.toml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__")
_LIMIT = 900  # seconds for one test; a mutant on which it hangs is not caught
_AT_ONCE = 2
# How pytest words a failed assertion, pytest.fail and pytest.raises; and a failed scenario.
_ASSERTIONS = ("AssertionError", "assert ", "Failed: ", "emulator.scenario.runner.ScenarioError")
_TIMEOUT = "Failed: Timeout"


@contextmanager
def repository() -> Iterator[Path]:
    """Give a copy of the repository, to be changed at will."""
    with tempfile.TemporaryDirectory(prefix="kodebrik-mutants-") as folder:
        root = Path(folder)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=_LEFT_OUT)
            else:
                shutil.copyfile(source, root / name)
        yield root


def survivors(mutant: Mutant, root: Path) -> list[str]:
    """Run a mutant's tests in the copy at `root`, which is as it was afterwards; give those that
    did not fail.

    A test fails by an assertion: a mutant whose test cannot be set up, ends by a time limit or
    meets an exception is not caught. ValueError or SyntaxError for a mutant that cannot be made.
    """
    before = {edit.file: content(edit.file, root) for edit in mutant.edits}
    try:
        for edit in mutant.edits:
            _write(root / edit.file, edit.applied_to(content(edit.file, root)))
        compiled(mutant, root)
        failed = _failed(mutant.tests, root)
    finally:
        for file, text in before.items():
            _write(root / file, text)
    return [test for test in mutant.tests if test not in failed]


def uncaught(chosen: Sequence[Mutant]) -> list[tuple[Mutant, list[str]]]:
    """Try mutants, two at once, and print of each whether it was caught; give those that were not,
    with the tests that did not fail."""
    copies: SimpleQueue[Path] = SimpleQueue()
    missed = []
    with repository() as one, repository() as other, ThreadPoolExecutor(_AT_ONCE) as pool:
        for root in (one, other):
            copies.put(root)

        def tried(mutant: Mutant) -> list[str]:
            root = copies.get()
            try:
                return survivors(mutant, root)
            finally:
                copies.put(root)

        for mutant, left in zip(chosen, pool.map(tried, chosen), strict=True):
            said = "NOT CAUGHT" if left else "caught"
            print(f"{said}: {', '.join(mutant.clauses)}: {mutant.breaks}", flush=True)
            for test in left:
                print(f"    did not fail: {test}", flush=True)
            if left:
                missed.append((mutant, left))
    return missed


def compiled(mutant: Mutant, root: Path) -> None:
    """Compile what a mutant has edited in the copy at `root`; SyntaxError when that cannot be."""
    for file in {edit.file for edit in mutant.edits if edit.file.endswith(".py")}:
        compile(content(file, root), file, "exec")


def _write(path: Path, text: str) -> None:
    """Write a source file, and forget its compiled form: its time and size may look the same."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def _failed(tests: Sequence[str], root: Path) -> set[str]:
    """Give the tests that failed: a parametrised one named without parameters when one case
    did."""
    report = root / "report.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {"PYTHONPATH": str(root), "HOME": str(root / "home")}
    environment["KODEBRIK_VOICES"] = str(_voices(root))
    options = ["-p", "no:cacheprovider", "-n", "0", f"--timeout={_LIMIT}", f"--junitxml={report}"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=root,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest could not run {tests}:\n{ended.stdout}{ended.stderr}")
    failed = set()
    for case in ET.parse(report).getroot().iter("testcase"):
        failure = case.find("failure")
        message = "" if failure is None else failure.get("message", "")
        if message.startswith(_ASSERTIONS) and not message.startswith(_TIMEOUT):
            file = case.get("classname", "").replace(".", "/") + ".py"
            name = case.get("name", "")
            failed |= {f"{file}::{name}", f"{file}::{name.partition('[')[0]}"}
    return failed


def _voices(root: Path) -> Path:
    """Give the copy's own cache of voice packs, which begins with what there is: a mutant's packs
    must not get into the repository's."""
    own = root / "voices"
    if not own.exists():
        kept = Path(os.environ.get("KODEBRIK_VOICES") or ROOT / "build" / "voices")
        shutil.copytree(kept, own) if kept.is_dir() else own.mkdir()
    return own


if __name__ == "__main__":
    wanted = sys.argv[1:]
    tried = [each for each in mutants() if not wanted or set(wanted) & set(each.clauses)]
    sys.exit(1 if uncaught(tried) or not tried else 0)

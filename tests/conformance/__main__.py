"""Run the tests that show requirements, and those that must fail on mutants; write
docs/conformance.md; exit 1 for a gap, a failure or a mutant that was not caught."""

import sys

import pytest

from tests.conformance import mutation, page
from tests.conformance.mutants import mutants
from tests.conformance.requirements import proofs


class Results:
    """A pytest plugin that keeps, by file and name of a test, whether all its cases passed, and
    prints at once which did not: the run takes long, and may be cut off."""

    def __init__(self) -> None:
        """Nothing has run yet."""
        self.passed: dict[tuple[str, str], bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a setup, call or teardown; a skipped one shows nothing."""
        file, _, name = report.nodeid.partition("::")
        key = file, name.partition("[")[0]
        self.passed[key] = self.passed.get(key, True) and report.passed
        if not report.passed:
            print(f"\n{report.nodeid}: {report.outcome}\n{report.longreprtext}", flush=True)


def main() -> int:
    """Give the exit code."""
    results = Results()
    files = sorted({proof.file for proof in proofs()})
    code = pytest.main(["-m", "clause", "-n", "2", *files], plugins=[results])
    uncaught = [mutant for mutant, _ in mutation.uncaught(mutants())]
    page.PATH.write_text(page.page(results.passed, uncaught), encoding="utf-8")
    print(f"{page.PATH.relative_to(page.ROOT)} is written.")
    failed = [
        proof.test for proof in proofs() if not results.passed.get((proof.file, proof.test), False)
    ]
    for name in page.gaps():
        print(f"No test shows requirement {name}.")
    for test in failed:
        print(f"{test} did not pass.")
    for name in page.unbroken():
        print(f"No mutant breaks requirement {name}.")
    print(f"{len(mutants()) - len(uncaught)} of {len(mutants())} mutants were caught.")
    wanting = failed or uncaught or page.gaps() or page.unbroken()
    return 1 if code != pytest.ExitCode.OK or wanting else 0


if __name__ == "__main__":
    sys.exit(main())

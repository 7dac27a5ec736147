"""Prepare a release: `python -m host_tools.devtools.release 0.2.0`.

It writes the version into firmware/version.py, closes the changelog's section of unreleased
changes under it, and builds wheel and sdist in build/dist. Tests, commit and tag are the next steps
(CONTRIBUTING.md); nothing is published.
"""

import datetime
import re
import shutil
import subprocess
import sys
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError

ROOT = Path(__file__).parents[2]
DIST = ROOT / "build" / "dist"
_UNRELEASED = "## [Unreleased]\n"
_NUMBER = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def parse(version: str) -> tuple[int, ...]:
    """Give the three numbers of a semantic version; KodebrikError when it is none."""
    match = _NUMBER.fullmatch(version)
    if match is None:
        raise KodebrikError("release-version-invalid", ExitCode.BAD_INPUT, version=version)
    return tuple(int(number) for number in match.groups())


def release_changelog(text: str, version: str, day: datetime.date) -> str:
    """Put what is unreleased in a changelog under `version` and `day`, below a new empty section.
    KodebrikError when nothing is unreleased, or when the changelog has this version already.
    """
    before, heading, after = text.partition(_UNRELEASED)
    changes = after.partition("\n## [")[0].strip()
    if not heading or not changes or f"## [{version}]" in text:
        raise KodebrikError("release-nothing", ExitCode.BAD_INPUT, version=version)
    return f"{before}{_UNRELEASED}\n## [{version}] - {day.isoformat()}\n{after}"


def set_version(source: str, version: str) -> str:
    """Put a version into the text of firmware/version.py; KodebrikError unless it is higher than
    the one there, or the same (the first release)."""
    current = re.search(r'^VERSION = "(.+)"$', source, re.MULTILINE)
    assert current is not None  # noqa: S101 - our own file
    if parse(version) < parse(current[1]):
        raise KodebrikError(
            "release-version-lower", ExitCode.BAD_INPUT, version=version, current=current[1]
        )
    return source[: current.start(1)] + version + source[current.end(1) :]


def main(version: str) -> None:
    """Prepare the release of a version in the checkout."""
    number, changelog = ROOT / "firmware" / "version.py", ROOT / "CHANGELOG.md"
    source = set_version(number.read_text(encoding="utf-8"), version)
    today = datetime.datetime.now(datetime.UTC).date()
    changes = release_changelog(changelog.read_text(encoding="utf-8"), version, today)
    number.write_text(source, encoding="utf-8")
    changelog.write_text(changes, encoding="utf-8")
    shutil.rmtree(DIST, ignore_errors=True)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)]
    subprocess.run(build, check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2] or [""])
    except KodebrikError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None

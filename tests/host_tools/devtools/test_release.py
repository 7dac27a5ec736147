"""host_tools/devtools/release.py: the texts that a release changes."""

import datetime

import pytest

from host_tools.devtools.release import parse, release_changelog, set_version
from host_tools.errors import KodebrikError

DAY = datetime.date(2026, 12, 1)
CHANGELOG = """# Changelog

## [Unreleased]

### Added
- A thing.

## [0.1.0] - 2026-11-01

- The first.
"""


def test_what_was_unreleased_stands_under_the_version_and_its_day() -> None:
    assert release_changelog(CHANGELOG, "0.2.0", DAY) == CHANGELOG.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n"
    )


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (CHANGELOG, "0.1.0"),  # released already
        (release_changelog(CHANGELOG, "0.2.0", DAY), "0.3.0"),  # nothing is unreleased
        ("# Changelog\n", "0.2.0"),
    ],
)
def test_a_release_needs_a_new_version_and_changes(text: str, version: str) -> None:
    with pytest.raises(KodebrikError, match="nothing to release"):
        release_changelog(text, version, DAY)


def test_the_version_goes_up_and_nothing_else_changes() -> None:
    source = '"""The version."""\n\nVERSION = "0.9.0"\n'
    assert set_version(source, "0.10.0") == source.replace("0.9.0", "0.10.0")
    assert set_version(source, "0.9.0") == source
    with pytest.raises(KodebrikError, match=r"0\.8\.9 is lower than 0\.9\.0"):
        set_version(source, "0.8.9")


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "1.0.0rc1", "1.0.0 "])
def test_a_version_is_three_numbers(version: str) -> None:
    with pytest.raises(KodebrikError, match="is no version"):
        parse(version)

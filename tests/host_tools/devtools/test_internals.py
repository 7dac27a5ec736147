"""docs/internals.md names files that exist, and each walk names a file once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "internals.md"
# A path in backticks: from a top-level folder to a file, or to a folder with its slash.
NAMED = re.compile(r"`((?:docs|emulator|firmware|host_tools|kodebrik|tests)/[\w./*-]*)`")


def walks() -> dict[str, list[str]]:
    """Give the files that each walk names, in order."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Four walks\n")[1].split("\n## ")[0]
    parts = [part.partition("\n") for part in section.split("\n### ")[1:]]
    return {title: NAMED.findall(text) for title, _, text in parts}


def test_every_file_that_is_named_exists() -> None:
    built = {"kodebrik/_tree"}  # in a wheel only
    named = set(NAMED.findall(PAGE.read_text(encoding="utf-8"))) - built
    missing = {name for name in named if not (ROOT / name).exists()}
    assert len(named) > 100
    assert not missing


def test_there_are_four_walks() -> None:
    assert [title.split(":")[0] for title in walks()] == [
        "A press",
        "A secret",
        "A check",
        "A QA case",
    ]


@pytest.mark.parametrize("title", list(walks()))
def test_a_walk_names_each_file_once(title: str) -> None:
    files = walks()[title]
    assert len(files) >= 10
    assert sorted(files) == sorted(set(files))


def test_contributing_leads_to_the_page() -> None:
    assert "(docs/internals.md)" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

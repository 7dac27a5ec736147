"""The pages name files that exist, and each walk of docs/internals.md names a file once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "internals.md"
# A path in backticks: from a top-level folder to a file, or to a folder with its slash.
NAMED = re.compile(r"`((?:docs|emulator|firmware|host_tools|tests)/[\w./*-]*)`")


LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def walks() -> dict[str, list[str]]:
    """Give the files that each walk names, in order."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Five walks\n")[1].split("\n## ")[0]
    parts = [part.partition("\n") for part in section.split("\n### ")[1:]]
    return {title: NAMED.findall(text) for title, _, text in parts}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(NAMED.findall(text))
    missing = {name for name in named if not any(ROOT.glob(name))}
    missing |= {link for link in LINK.findall(text) if not (page.parent / link).exists()}
    assert not missing


def test_there_are_five_walks() -> None:
    assert [title.split(":")[0] for title in walks()] == [
        "A press",
        "A key",
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


def test_from_a_board_in_hand_to_a_code_are_five_steps():
    page = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    section = page.partition("\n## From the board to a code\n")[2].partition("\n### ")[0]
    steps = re.findall(r"^(\d+)\. \*\*", section, re.MULTILINE)
    assert steps == ["1", "2", "3", "4", "5"]

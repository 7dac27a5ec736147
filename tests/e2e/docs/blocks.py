"""The commands in the code blocks of a Markdown page."""

import re
from pathlib import Path

from markdown_it import MarkdownIt

_DRAWING = re.compile("[\u2500-\u257f]")  # box drawing: a circuit diagram, no commands
_SHELL = ("", "sh", "bash", "console")  # info strings of code blocks with commands


def commands(page: Path) -> list[str]:
    """Return the commands of all code blocks in order; one over several lines keeps its line
    ends."""
    found: list[str] = []
    for block in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        is_shell = block.type == "code_block" or (block.type == "fence" and block.info in _SHELL)
        if is_shell and not _DRAWING.search(block.content):
            found += _commands(block.content)
    return found


def _commands(block: str) -> list[str]:
    joined: list[str] = []
    continued = False
    for line in block.splitlines():
        if continued:
            joined[-1] += f"\n{line}"
        elif line.strip():
            joined.append(line)
        continued = line.endswith("\\")
    return joined

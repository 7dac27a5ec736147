"""Files that a command reads."""

from pathlib import Path


def private(path: Path, text: str) -> str:
    """Write a file that only its owner can read, and give its path."""
    path.touch(0o600)
    path.write_text(text)
    return str(path)

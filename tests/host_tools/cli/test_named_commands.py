"""Every command that a message, a page or a document names is one, with the options named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.protocol import sentences
from host_tools.cli.app import command
from host_tools.messages.catalogue import LANGUAGES, translations

ROOT = Path(__file__).parents[3]
_QUOTED = re.compile(r"'kodebrik ([^']+)'")  # in messages
_CODE = re.compile(r"`kodebrik\s([^`]+)`")  # in documents
_OPTION = re.compile(r"--[a-z][a-z-]*")


def _in_messages() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        for text in translations(language)._catalog.values():
            for named in _QUOTED.findall(text):
                yield language, named
    for _, message, hint in sentences.ERRORS.values():
        for named in _QUOTED.findall(f"{message} {hint}"):
            yield "sentences.py", named


def _in_documents() -> Iterator[tuple[str, str]]:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        if path.name == "CHANGELOG.md":  # history
            continue
        for named in _CODE.findall(path.read_text("utf-8")):
            yield path.name, named


def _found(named: str) -> tuple[Any, list[str]]:
    """Give what the words name, a command or a group, and the words behind it."""
    found, words = command(), named.split()
    while words and hasattr(found, "commands") and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    return found, words


def _fault(named: str) -> str | None:
    """Say what is wrong with a command that is named."""
    found, rest = _found(named)
    if found.name == "kodebrik" or (
        rest and hasattr(found, "commands") and not rest[0].startswith("-")
    ):
        return f"there is no command {rest[0] if rest else named}"
    known = {"--help", "--lang", *(name for each in found.params for name in each.opts)}
    known |= {name for each in found.params for name in each.secondary_opts}
    unknown = [option for option in _OPTION.findall(" ".join(rest)) if option not in known]
    return f"there is no option {unknown[0]}" if unknown else None


def test_every_command_in_a_message_can_be_run_as_it_stands() -> None:
    named = sorted(set(_in_messages()))
    assert len(named) > 40
    for where, words in named:
        found, _ = _found(words)
        assert _fault(words) is None, (where, words, _fault(words))
        is_bare_group = hasattr(found, "commands") and not found.invoke_without_command
        assert not is_bare_group, f"{where}: 'kodebrik {words}' needs one of its commands"


def test_every_command_in_a_document_is_one() -> None:
    named = sorted(set(_in_documents()))
    assert len(named) > 60
    for where, words in named:
        if words.split()[0] in ("COMMAND", "--lang"):
            continue  # any command
        assert _fault(words) is None, (where, words, _fault(words))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("token list", "no command token"),
        ("accounts lst", "no command lst"),
        ("assign --take-bak", "no option --take-bak"),
        ("server api-key boss --roll administrator", "no option --roll"),
    ],
)
def test_a_command_that_there_is_not_is_found(words: str, fault: str) -> None:
    assert fault in str(_fault(words))

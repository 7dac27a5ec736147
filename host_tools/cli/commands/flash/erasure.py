"""Whether what a board in BOOTSEL mode may hold can be erased: it cannot be asked for secrets."""

from collections.abc import Callable

from host_tools.cli.output import ask_yes, can_ask, say
from host_tools.messages.catalogue import Message


def is_granted(
    question: str,
    erase_secrets: bool,
    as_json: bool,
    heard: Callable[[str], object] | None = None,
) -> bool:
    """Say whether everything may be erased: by --erase-secrets, or by an operator who confirms the
    `question` at a terminal; `heard` gets what was typed. Nobody is asked with --json or without a
    terminal."""
    if erase_secrets:
        return True
    if not can_ask(as_json):
        return False
    say(Message("flash-drive-secrets"))
    return ask_yes(question, heard)

"""What reading a file of tokens gives: its tokens, and remarks on what they do not hold."""

from dataclasses import dataclass, field
from io import SEEK_END
from typing import BinaryIO

from host_tools.exchange.key_package import bad
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.secret import Secret

MAX_SIZE = 24 * 2**20  # bytes of a file that is held in memory: all but PSKC and CSV

_START = 64 * 1024  # bytes
_MOST_NAMED = 10  # secrets that several tokens have


def content(file: BinaryIO) -> bytes:
    """Give all of a file; KodebrikError when it has more than MAX_SIZE."""
    if _size(file) > MAX_SIZE:
        raise bad("file-too-large", megabytes=MAX_SIZE // 2**20)
    file.seek(0)
    return file.read()


def beginning(file: BinaryIO) -> bytes:
    """Give what a file's format is recognised by: all of it, but of a file of more than MAX_SIZE
    only the first bytes."""
    is_large = _size(file) > MAX_SIZE
    file.seek(0)
    return file.read(_START if is_large else -1)


def _size(file: BinaryIO) -> int:
    return file.seek(0, SEEK_END)


@dataclass(frozen=True)
class ReadOptions:
    """What the reader of a file was told.

    `key` or `passphrase` decrypts; `kind` ("totp" or "hotp") is for CSV lines that do not give it;
    `dialect` names the CSV dialect (csv.dialects.NAMES) instead of its being recognised.
    """

    key: Secret | None = None
    passphrase: Secret | None = None
    kind: str | None = None
    dialect: str | None = None
    progress: Progress | None = None


NO_OPTIONS = ReadOptions()


@dataclass
class Remarks:
    """What a user should know of a file that was read: fields passed over, and warnings.

    Both are kept once for all tokens alike, so that a file of many tokens has few.
    """

    _passed_over: dict[str, None] = field(default_factory=dict)
    _warnings: dict[Message, tuple[str, int]] = field(default_factory=dict)
    _shared: list[Message] = field(default_factory=list)

    def pass_over(self, name: str) -> None:
        """Note that a field, by the name it has in the file, says nothing about codes and is not
        kept."""
        self._passed_over[name] = None

    def warn(self, where: str, what: Message) -> None:
        """Note a warning about the token at `where`."""
        first, count = self._warnings.get(what, (where, 0))
        self._warnings[what] = first, count + 1

    def compare_secrets(self, tokens: SealedTokens) -> None:
        """Warn of tokens of an import that have one secret, by their serial numbers."""
        pairs, more = tokens.shared_secrets(_MOST_NAMED)
        self._shared = [
            Message("secret-shared", first=first, other=other) for first, other in pairs
        ]
        if more:
            self._shared.append(Message("secret-shared-more", count=more))

    def add(self, other: "Remarks") -> None:
        """Take over the remarks on another file."""
        self._passed_over |= other._passed_over
        for what, (where, more) in other._warnings.items():
            first, count = self._warnings.get(what, (where, 0))
            self._warnings[what] = first, count + more

    @property
    def passed_over(self) -> list[str]:
        """The names of the fields that were passed over, in the order of the file."""
        return list(self._passed_over)

    @property
    def warnings(self) -> list[Message]:
        """The warnings, each with the first token that it is about and the number of others."""
        found = [
            Message("remark", where=first, what=what)
            if count == 1
            else Message("remark-of-many", where=first, what=what, count=count - 1)
            for what, (first, count) in self._warnings.items()
        ]
        return found + self._shared

    @property
    def sentences(self) -> list[Message]:
        """The warnings, and one sentence that lists what was passed over."""
        if not self._passed_over:
            return self.warnings
        return [*self.warnings, Message("passed-over", fields=", ".join(self._passed_over))]

    def as_json(self) -> dict[str, list[str]]:
        """Give the remarks that there are, in English."""
        found = {"passed_over": self.passed_over, "warnings": list(map(str, self.warnings))}
        return {name: values for name, values in found.items() if values}


@dataclass(frozen=True)
class TokenFile:
    """A file that was read: the name of its format, maybe with the dialect ("csv, entra"), its
    tokens, the remarks, and whether the options decrypted any of it."""

    format: str
    tokens: SealedTokens
    remarks: Remarks
    was_encrypted: bool = False

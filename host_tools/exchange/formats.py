"""Reading a file of tokens of whatever kind: PSKC, CSV or a list of otpauth:// URIs, told apart by
how it begins."""

from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import csv_dialects, otpauth, pskc_reader
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc_xml import MAX_SIZE
from host_tools.progress import Progress
from host_tools.secret import Secret


def load(path: Path) -> bytes:
    """Give a file's content, or as much of it as shows that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise KodebrikError(
            f"Cannot read {path}: {error.strerror}.",
            "Check the file's name and permissions.",
            ExitCode.FILE,
        ) from None


def form(content: bytes) -> str:
    """Say "pskc", "otpauth" or "csv"."""
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    # An XML file may also be in UTF-16, and then begins with its mark or a zero.
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) or b"<\0" in start[:2]:
        return "pskc"
    return "otpauth" if start.startswith(b"otpauth:") else "csv"


def read(
    content: bytes,
    key: Secret | None = None,
    passphrase: Secret | None = None,
    kind: str | None = None,
    progress: Progress | None = None,
) -> list[KeyPackage]:
    """Give all tokens of a file or none: KodebrikError names the first that is not right.

    `key` or `passphrase` open a PSKC file; `kind` ("totp" or "hotp") is for CSV lines that do not
    say it.
    """
    found = form(content)
    if found == "pskc":
        return pskc_reader.read(content, key, passphrase, progress)
    if found == "otpauth":
        return otpauth.read(content, progress)
    return csv_dialects.read(content, kind, progress)

"""Reads a file of tokens in any supported format: PSKC, CSV or a list of otpauth:// URIs, told
apart by its first bytes."""

from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import csv_dialects, otpauth, pskc_reader
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc_xml import MAX_SIZE
from host_tools.messages.system_errors import reason
from host_tools.progress import Progress
from host_tools.secret import Secret


def load(path: Path) -> bytes:
    """Read a file, at most one byte more than MAX_SIZE: read() then refuses it as too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def detect(content: bytes) -> str:
    """Give the format of a file's content: "pskc", "otpauth" or "csv"."""
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    # An XML file may be in UTF-16: with a byte order mark, or with a zero byte beside "<".
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
    """Give all tokens of a file's content; KodebrikError names the first invalid one.

    `key` or `passphrase` decrypts a PSKC file; `kind` ("totp" or "hotp") is for CSV lines that do
    not give it.
    """
    detected = detect(content)
    if detected == "pskc":
        return pskc_reader.read(content, key, passphrase, progress)
    if detected == "otpauth":
        return otpauth.read(content, progress)
    return csv_dialects.read(content, kind, progress)

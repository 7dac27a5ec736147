"""Tokens from a text file with one otpauth:// URI a line; the label is the serial number, as
privacyIDEA writes it."""

from host_tools.errors import KodebrikError
from host_tools.exchange import key_package, otpauth
from host_tools.exchange.key_package import Progress, TokenKey, bad


def read(content: bytes, progress: Progress | None = None) -> list[TokenKey]:
    """Give all tokens of a file; KodebrikError names the first line that is not right, and never
    quotes it."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise bad("The file is not text in UTF-8.", "Save it as text in UTF-8.") from None
    kept = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    found = []
    for done, (number, uri) in enumerate(kept, 1):
        where = f"Line {number}"
        try:
            credential = otpauth.parse(uri)
        except KodebrikError as error:
            raise bad(f"{where}: {error.message}", error.hint) from None
        serial = key_package.check_serial(where, credential.name.rpartition(":")[2])
        found.append((TokenKey(serial, credential), where))
        if progress:
            progress(done, len(kept))
    if not found:
        raise bad("The file holds no otpauth URI.", "Check that it is the right one.")
    key_package.check_distinct((token.serial, where) for token, where in found)
    return [token for token, _ in found]

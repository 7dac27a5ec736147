"""A board on a serial port: who is there, and the image written as that one takes it.

A token and MicroPython's prompt take files, an ESP32-S3 in its boot loader the whole image.
"""

from enum import StrEnum

from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import esp_loader, serial_files
from host_tools.flashing.image_file import ImageFile
from host_tools.progress import Progress

_UNKNOWN = (ExitCode.SILENT, ExitCode.GARBAGE)  # what a hello gets from neither token nor prompt


class Found(StrEnum):
    """Who is on a port."""

    TOKEN = "token"  # noqa: S105 - no password
    SECRETS = "secrets"  # a token whose secrets may be erased
    PROMPT = "prompt"
    LOADER = "loader"


def may_be_bare(error: KodebrikError, image: ImageFile) -> bool:
    """Say whether what a hello has raised can come of a board that takes the image: of
    MicroPython's prompt, or of a boot loader."""
    return error.exit_code == ExitCode.REPL or (
        error.exit_code in _UNKNOWN and esp_loader.is_for(image.board)
    )


def ask(port: str, image: ImageFile, erase_secrets: bool) -> Found:
    """Give who is on the port; KodebrikError when the image is not for that one, or it holds
    secrets that may not be erased."""
    has_loader = esp_loader.is_for(image.board)
    if has_loader and image.frozen:  # which is for nobody else
        esp_loader.check(port, image, erase_secrets)
        return Found.LOADER
    try:
        hello = serial_files.check_token(port, image, erase_secrets)
    except KodebrikError as error:
        if error.exit_code not in _UNKNOWN or not has_loader:
            raise
        esp_loader.check(port, image, erase_secrets)
        return Found.LOADER
    if hello is None:
        return Found.PROMPT
    return Found.TOKEN if hello.state in serial_files.WITHOUT_SECRETS else Found.SECRETS


def write(
    port: str, image: ImageFile, found: Found, *, erase_secrets: bool, report: Progress
) -> int | None:
    """Write the image to whom ask() has found, and give the number of files that differed; None for
    the whole image."""
    if found is Found.LOADER:
        esp_loader.write(port, image, report)
        return None
    token = found is not Found.PROMPT
    return serial_files.write(port, image, token=token, erase_secrets=erase_secrets, report=report)

"""Recognises what answers on a port in place of a token: a bootloader or MicroPython's prompt."""

from host_tools.errors import ExitCode, KodebrikError

# "waiting for download" and DOWNLOAD(…): the ESP32 ROM loader's own words (ESP-IDF, "Boot mode
# selection").
_BOOTLOADER = (b"waiting for download", b"DOWNLOAD(", b"DOWNLOAD_BOOT")
# MicroPython's friendly prompt, banner and raw mode (shared/runtime/pyexec.c).
_REPL = (
    b">>> ",
    b"raw REPL; CTRL-B to exit",
    b"MicroPython v",
    b'Type "help()" for more information',
)


def recognise(seen: bytes) -> KodebrikError | None:
    """Give the error for a bootloader or MicroPython prompt in the bytes `seen`; None for
    neither."""
    if any(mark in seen for mark in _BOOTLOADER):
        return KodebrikError("port-bootloader", ExitCode.BOOTLOADER)
    if is_repl(seen):
        return KodebrikError("port-repl", ExitCode.REPL)
    return None


def is_repl(seen: bytes) -> bool:
    """Say whether the bytes `seen` come from MicroPython's prompt."""
    return any(mark in seen for mark in _REPL)

"""Writes an image's files to a board that runs MicroPython, over its serial port.

The board keeps its MicroPython; files are changed through its raw REPL by mpremote's transport, as
`mpremote fs` does. main.py goes first of the old and comes last of the new files: until then the
board shows its prompt when it starts, so that an interrupted run can be repeated.
"""

import contextlib
import errno
import hashlib
import posixpath
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.flashing import micropython
from host_tools.flashing.image_file import ImageFile
from host_tools.flashing.quiet_threads import quiet
from host_tools.image.official import build_for
from host_tools.link.channel import Channel
from host_tools.link.replies import GarbageError, Hello
from host_tools.link.transport import SerialTransport, unplugged
from host_tools.progress import Progress

if TYPE_CHECKING:
    from mpremote.transport_serial import SerialTransport as RawRepl

DATA = "data"  # the folder of the token's own, secrets among it (firmware/main.py)
WITHOUT_SECRETS = (messages.BLANK, messages.WIPED)  # states of a token
_LAST = ("boot.py", "main.py")  # of the files that are written
_TRIES = 3
_LEAVE_PASTE_MODE = b"\r\x03\x03"  # Ctrl-C (shared/runtime/pyexec.c)
_READ_TIMEOUT = 10.0  # seconds of silence after which the board is taken for gone
_PROMPT_TIMEOUT = 5.0  # seconds; an RP2040 that computes a handshake needs two before it listens
# What a token has mounted is no folder of its file system.
_PREPARE = """
import gc, os, sys, vfs
try:
    vfs.umount(sys.modules["firmware"].__path__)
except (KeyError, OSError):
    pass
gc.collect()
"""
_CHUNK = 1024  # bytes in one command to the board, which holds them twice
_FOLDER = 0x4000  # bit of a mode in a directory's listing
# Boards that MicroPython names itself; the emulator's VM calls itself by its compiler.
_OFFICIAL = re.compile(r".+ with (RP2|ESP32)[\w-]*$")
_WHICH_BOARD = "(sys.implementation._machine, sys.implementation.version)"
# What mpremote and Python's parser raise for an answer that breaks off.
_BROKEN_ANSWERS = (struct.error, SyntaxError, ValueError)


def check_token(port: str, image: ImageFile, erase_secrets: bool) -> Hello | None:
    """Ask who is on the port, and give the token's hello; None for MicroPython's prompt.
    KodebrikError for a token of another kind, one whose prompt is out of reach, one with
    secrets that may not be erased, and whatever else is there."""
    if image.frozen:
        raise KodebrikError("flash-frozen-serial", ExitCode.USAGE)
    with contextlib.closing(SerialTransport(port)) as transport:
        hello = _hello(transport, port)
    if hello is None:
        return None
    if (hello.product, hello.board) != (image.product, image.board["name"]):
        raise KodebrikError(
            "flash-other-token",
            ExitCode.CONFLICT,
            product=hello.product,
            board=hello.board,
            wanted_product=image.product,
            wanted_board=image.board["name"],
        )
    if hello.build == messages.PRODUCTION:
        raise KodebrikError("flash-production-token", ExitCode.CONFLICT, serial=hello.serial)
    if hello.state not in WITHOUT_SECRETS and not erase_secrets:
        raise KodebrikError("flash-token-has-secrets", ExitCode.CONFLICT, serial=hello.serial)
    return hello


def _hello(transport: SerialTransport, port: str) -> Hello | None:
    """Give the token's hello, None when MicroPython's prompt is there."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(GarbageError):
            return _hello_once(transport, port)
        # A prompt left in paste mode sends the hello back; a token ignores this.
        try:
            transport.write(_LEAVE_PASTE_MODE)
        except OSError:
            raise unplugged(port) from None
    return _hello_once(transport, port)


def _hello_once(transport: SerialTransport, port: str) -> Hello | None:
    try:
        return Channel(transport, port).hello()
    except KodebrikError as error:
        if error.exit_code != ExitCode.REPL:
            raise
        return None


def write(
    port: str, image: ImageFile, *, token: bool, erase_secrets: bool, report: Progress
) -> int:
    """Make the files on the board those of `image`, read their hashes back, and reset it; give the
    number of files that were written. `token` says that a token has answered on the port, whose
    secrets were asked about.

    KodebrikError when the board is another one, when it is gone midway, or does not keep what was
    written.
    """
    with _raw_repl(port) as board:
        machine, version = board.eval(_WHICH_BOARD)
        _check_board(machine, version, image)
        folders: list[str] = []
        there = set(_files(board, "", folders))
        own = {path for path in there if path.startswith(DATA + "/")}
        if own and not token and not erase_secrets:
            raise KodebrikError("flash-board-has-secrets", ExitCode.CONFLICT, port=port)
        kept = {path for path in there & set(image.files) if _is(board, path, image)}
        stale = there - kept - (set() if erase_secrets else own)
        differing = set(image.files) - kept
        if stale or differing:
            stale |= there & {"main.py"}
            differing |= set(image.files) & {"main.py"}
        # All old ones first: a nearly full file system has no room for both.
        for path in sorted(stale, key=lambda path: (path != "main.py", path)):
            board.fs_rmfile("/" + path)
        left = set(image.files) | there - stale
        for folder in reversed(folders):
            if not any(path.startswith(folder + "/") for path in left):
                board.fs_rmdir("/" + folder)
        _write_all(board, differing, image, report)
        board.exec_raw_no_follow("import machine\nmachine.reset()")
    return len(differing)


def _write_all(board: "RawRepl", paths: set[str], image: ImageFile, report: Progress) -> None:
    """Write files with the folders that they are in, those of _LAST last."""
    total = sum(len(image.files[path]) for path in paths)
    done = 0
    folders: set[str] = set()
    for path in sorted(paths, key=lambda path: (path in _LAST, path)):
        _make_folder(board, posixpath.dirname(path), folders)
        _write(board, path, image, partial(_advance, report, done, total))
        done += len(image.files[path])


def _advance(report: Progress, done: int, total: int, size: int, _of: int) -> None:
    report(done + size, total)


def _write(
    board: "RawRepl", path: str, image: ImageFile, report: Callable[[int, int], None]
) -> None:
    """Write a file and compare its hash; again when it is another one."""
    for _ in range(_TRIES):
        board.fs_writefile("/" + path, image.files[path], _CHUNK, report)
        if _is(board, path, image):
            return
    raise KodebrikError("flash-not-kept", ExitCode.CHECK_FAILED, path=path)


def _is(board: "RawRepl", path: str, image: ImageFile) -> bool:
    """Say whether a file on the board has the content of the image's."""
    digest: bytes = board.fs_hashfile("/" + path, "sha256", _CHUNK)
    return digest == hashlib.sha256(image.files[path]).digest()


def _files(board: "RawRepl", folder: str, folders: list[str]) -> Iterator[str]:
    """List the path of every file below `folder`, and add its folders to `folders`, outer ones
    first."""
    for entry in board.fs_listdir("/" + folder):
        path = posixpath.join(folder, entry.name)
        if entry.st_mode & _FOLDER:
            folders.append(path)
            yield from _files(board, path, folders)
        else:
            yield path


def _make_folder(board: "RawRepl", path: str, made: set[str]) -> None:
    """Make a folder with those that it is in, unless they are there."""
    if not path or path in made:
        return
    _make_folder(board, posixpath.dirname(path), made)
    if not board.fs_exists("/" + path):
        board.fs_mkdir("/" + path)
    made.add(path)


def _check_board(machine: str, version: tuple[Any, ...], image: ImageFile) -> None:
    """Raise KodebrikError when MicroPython says that the board is another one, or itself is."""
    if not _OFFICIAL.match(machine):
        return
    if machine != build_for(image.board).machine:
        raise KodebrikError(
            "flash-other-board", ExitCode.CONFLICT, found=machine, board=image.board["title"]
        )
    if version[:2] != tuple(int(part) for part in micropython.RELEASE.split(".")[:2]):
        raise KodebrikError(
            "flash-other-micropython",
            ExitCode.CONFLICT,
            found=".".join(str(part) for part in version[:3]),
            release=micropython.RELEASE,
        )


@contextmanager
def _raw_repl(port: str) -> Iterator["RawRepl"]:
    """Give the board's raw REPL, whatever runs there, and close the port at the end. What mpremote
    prints of its troubles is dropped; they become KodebrikErrors."""
    with from_extra("not-installed-flash"):
        from mpremote.transport import TransportError  # noqa: PLC0415 - an extra
        from mpremote.transport_serial import (  # noqa: PLC0415 - an extra
            SerialTransport as Transport,
        )

    board = None
    try:
        with quiet():
            board = Transport(port, timeout=_READ_TIMEOUT)
            for tries_left in reversed(range(_TRIES)):
                try:
                    board.enter_raw_repl(soft_reset=False, timeout_overall=_PROMPT_TIMEOUT)
                    break
                except TransportError:
                    if not tries_left:
                        raise KodebrikError("flash-no-prompt", ExitCode.REPL, port=port) from None
            board.exec(_PREPARE)
            yield board
    except (TransportError, OSError, *_BROKEN_ANSWERS) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:  # the board's own, by mpremote
            raise KodebrikError("flash-board-full", ExitCode.FILE, port=port) from None
        raise KodebrikError("flash-serial-broken", ExitCode.UNPLUGGED, port=port) from None
    finally:
        if board is not None:
            with contextlib.suppress(OSError):  # the port of a board that is gone
                board.close()

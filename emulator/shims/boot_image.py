"""Boot a board's littlefs image: load the shims, wait for power, mount the image as /, run boot.py and main.py.

Arguments: request fd, reply fd, flash file, block size, block count, program size, unique id (hex). The VM is started
with -i, so that the REPL follows as on a board.
"""
# ruff: noqa: F821, PLR2004, SIM115 - execfile is MicroPython's; the ioctl numbers are those of its block devices

import gc
import io
import os
import select
import sys
import time

import channel
import machine
import records
import vfs
from ustruct import pack


class _Flash:
    """Reads straight from the flash file; programming and erasing are the host's."""

    def __init__(self, path, block_size, block_count):
        self._file, self._size, self._count = open(path, "rb"), block_size, block_count

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * self._size + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self._ask(records.PROGRAM, pack("<I", block * self._size + offset) + buffer)

    def ioctl(self, request, argument):
        if request == 4:
            return self._count
        if request == 5:
            return self._size
        if request == 6:
            self._ask(records.ERASE, pack("<I", argument * self._size))
        return 0

    def _ask(self, kind, payload):
        # On a board this is C code, within which no handler runs: one that reads a file would find littlefs in between.
        channel.call(kind, payload, handlers=False)


def _boot():
    path, block_size, block_count, program, unique_id = sys.argv[3:]
    flash = _Flash(path, int(block_size), int(block_count))
    sys.modules.update(utime=time, uos=os, uselect=select, umachine=machine)
    sys.argv[:] = [""]
    sys.path[:] = ["", ".frozen", "/lib"]
    machine._unique_id = bytes.fromhex(unique_id)
    gc.collect()
    machine._cause, only_boot = channel.call(records.READY)
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash, progsize=int(program)), "/")
    return ("boot.py",) if only_boot else ("boot.py", "main.py")


def _run(names):
    trace = ""
    try:
        for name in names:
            try:
                os.stat(name)
            except OSError:
                continue
            execfile(name, globals())
    except SystemExit:
        machine.soft_reset()
    except KeyboardInterrupt as error:
        sys.print_exception(error, sys.stdout)
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
        text = io.StringIO()
        sys.print_exception(error, text)
        trace = text.getvalue()
    channel.call(records.PROMPT, trace.encode())


_run(_boot())

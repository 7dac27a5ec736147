"""Boot a littlefs image: load the shims, wait for power, mount the image, run boot.py and main.py.

Arguments: request fd, reply fd, flash file, block size, block count, program size, unique id (hex),
file of frozen modules (empty: there are none), how many costs of the processor's work follow, these
(emulator/pace.py), a folder with the modules in machine code, and their names. The VM is started
with -i, so that the REPL follows as on a board.

Nothing can be frozen into a MicroPython that is built. What stands for it are sources in a file
system of their own, which is the current one, so that they are called as frozen ones are.
"""
# ruff: noqa: F821, PLR2004, SIM115 - execfile is MicroPython's; the ioctl numbers are those of its
# block devices

import builtins
import io
import os
import select
import sys
import time

import channel
import collector
import machine
import micropython
import records
import vfs
from micropython import const
from ustruct import pack

# Bytes that littlefs mostly reads at a time: those at a block's head point to the file's other
# blocks, and it goes through several to each place that is read.
_LINE = const(32)
_HEADS = const(128)  # of so many blocks these are kept
_NATIVES = "/.native"  # where their folder is mounted meanwhile
_HEAD = const(8192)  # bytes of firmware.mpy in which its table names the modules
_spend = channel.spend
_len = len  # MicroPython searches the whole table of its builtins for one
# read from a Pico's flash: four bits a clock of 62.5 MHz, less what addresses take
_BYTES_IN_A_US = const(25)


class _Block:
    """A block read last."""

    def __init__(self, size):
        self.number, self.content = None, memoryview(bytearray(size))


class _Flash:
    """A block device that reads the flash file itself; the host programs and erases.

    Interrupt handlers run after reading and programming, as on a board (mp_event_handle_nowait in
    ports/rp2/rp2_flash.c). littlefs is not re-entrant then: a handler that uses the flash ends the
    run with an error.
    """

    def __init__(self, path, block_size, block_count, program_size):
        self._file, self._size, self._count = open(path, "rb"), block_size, block_count
        self.program_size = program_size
        self._busy = False
        self._near, self._far = _Block(block_size), _Block(block_size)
        heads = memoryview(bytearray(_LINE * _HEADS))
        self._heads = [heads[at : at + _LINE] for at in range(0, _LINE * _HEADS, _LINE)]
        self._head_of = [None] * _HEADS

    def readblocks(self, block, buffer, offset=0):
        if self._busy:
            self._refuse()
        count = _len(buffer)
        if count != _LINE:
            if block != self._near.number:
                self._turn_to(block)
            buffer[:] = self._near.content[offset : offset + count]
        elif offset:
            self._read(block * self._size + offset, buffer)
        else:
            place = block % _HEADS
            if block != self._head_of[place]:
                self._read(block * self._size, self._heads[place])
                self._head_of[place] = block
            buffer[:] = self._heads[place]
        if _spend(count // _BYTES_IN_A_US):
            self._run_pending()

    def _read(self, address, buffer):
        self._file.seek(address)
        self._file.readinto(buffer)

    def _turn_to(self, block):
        near = self._far
        self._near, self._far = near, self._near
        if block != near.number:
            self._read(block * self._size, near.content)
            near.number = block

    def writeblocks(self, block, buffer, offset=0):
        address = block * self._size + offset
        failure = self._ask(records.PROGRAM, pack("<I", address) + buffer, block)
        self._run_pending()
        return failure

    def ioctl(self, request, argument):
        if request == 4:
            return self._count
        if request == 5:
            return self._size
        if request == 6:
            return self._ask(records.ERASE, pack("<I", argument * self._size), argument)
        return 0

    def _ask(self, kind, payload, block):
        if self._busy:
            self._refuse()
        self._near.number = self._far.number = self._head_of[block % _HEADS] = None
        try:
            # the operation itself is C code, which nothing interrupts
            channel.call(kind, payload, handlers=False)
        except OSError as error:
            return -error.errno
        return 0

    def _refuse(self):
        channel.call(records.REENTERED, bytes((channel.handling,)))

    def _run_pending(self):
        if channel.handling is None:
            self._busy = True
            try:
                channel.run_pending()
            finally:
                self._busy = False


class _Rom:
    """A block device of modules that a board has in its MicroPython: reading it takes no time."""

    def __init__(self, path, block_size, block_count):
        self._file, self._size, self._count = open(path, "rb"), block_size, block_count

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * self._size + offset)
        self._file.readinto(buffer)

    def ioctl(self, request, argument):
        return {4: self._count, 5: self._size}.get(request, 0)


def _file_system(flash):
    """Give the file system of the flash. A flash that has none is formatted, as ports/rp2's
    _boot.py does it; ports/esp32's does so with a blank one."""
    try:
        return vfs.VfsLfs2(flash, progsize=flash.program_size)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=flash.program_size)
        return vfs.VfsLfs2(flash, progsize=flash.program_size)


def _held(modules):
    """Give those modules of the package that the image has."""
    try:
        with open("/firmware.mpy", "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return []
    names = [(module, module[len("firmware") :].replace(".", "/") + ".mpy") for module in modules]
    return [module for module, name in names if name.encode() in head]


def _watch_for_natives(folder, modules):
    """Have the native modules that the image holds loaded, when they are first imported, as they
    are compiled for this processor: the image's are for the board's. Return what imports now."""
    natives = _held(modules)
    usual = __import__

    def importing(name, *arguments):
        if name in natives:
            natives.remove(name)
            _load_native(folder, name, usual)
        return usual(name, *arguments)

    builtins.__import__ = importing
    return importing


def _load_native(folder, module, load):
    name = module.rsplit(".", 1)[1]
    vfs.mount(vfs.VfsPosix(folder), _NATIVES)
    sys.path.insert(0, _NATIVES)
    try:
        load(name)
        sys.modules[module] = sys.modules.pop(name)
    except ValueError:
        pass  # this MicroPython takes no machine code: the plain twin serves
    sys.path.remove(_NATIVES)
    vfs.umount(_NATIVES)


def _wait_for_power():
    """Load the shims, wait for power, and give the arguments of _programs()."""
    path, block_size, block_count, program, unique_id, frozen, charged = sys.argv[3:10]
    if int(charged):
        import pace  # noqa: F401, PLC0415 - it takes memory
    costs = sys.argv[10 : 10 + int(charged)]
    natives = sys.argv[10 + int(charged) :]
    flash = _Flash(path, int(block_size), int(block_count), int(program))
    rom = _Rom(frozen, int(block_size), int(block_count)) if frozen else None
    sys.modules.update(gc=collector, utime=time, uos=os, uselect=select, umachine=machine)
    sys.argv[:] = [""]
    sys.path[:] = ["", ".frozen", "/lib"]
    channel.tell = collector.tell
    machine._unique_id = bytes.fromhex(unique_id)
    collector.collect()
    machine._cause, only_boot = channel.call(records.READY)
    names = ("boot.py",) if only_boot else ("boot.py", "main.py")
    return flash, rom, names, natives, costs


def _programs(flash, rom, names, natives, costs):
    """Mount the image, and give the programs `names` as functions that run them."""
    global _spend  # noqa: PLW0603 - for the life of the VM
    vfs.umount("/")
    vfs.mount(_file_system(flash), "/")
    if rom:
        vfs.mount(vfs.VfsLfs2(rom), "/frozen", readonly=True)
        os.chdir("/frozen")
        micropython.opt_level(3)
        programs = [_frozen_program(name) for name in names]
        importing = __import__
    else:
        importing = _watch_for_natives(natives[0], natives[1:])
        programs = [lambda main, name=name: _run_file(name, main) for name in names]
    if costs:
        import pace  # noqa: PLC0415 - loaded before power-on

        _spend = pace.read
        pace.start(costs, bool(rom), importing)
    return programs


def _run_file(name, main):
    """Run a file of the flash, if it is there, which a board compiles each time."""
    try:
        os.stat(name)
    except OSError:
        return
    execfile(name, main)


def _frozen_program(name):
    """Give a file of the frozen ones as a function that runs it, compiled by now."""
    with open(name) as file:
        code = compile(file.read(), name, "exec")
    return lambda main: exec(code, main)  # noqa: S102 - our own


def start(main):
    """Boot, and run the files in the namespace `main`, which the prompt has too."""
    arguments = _wait_for_power()
    trace = ""
    try:
        for program in _programs(*arguments):
            program(main)
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
    channel.at_prompt = True

"""Driver: a whole update on littlefs over a NOR flash, with the power cut at every operation.
VM only."""

import gc
import os

import vfs

from firmware.modules import UPDATE
from firmware.storage.space import has_room_for_update
from firmware.storage.update_slot import UpdateSlot
from tests.support.vm.nor_flash import NorFlash, copy, memory

_ROOT = "/flash"
_OLD = b"the old firmware" * 400  # more than a block of 4 KiB, as every package
_NEW = b"the newest firmware" * 400
_MANIFEST = b"the manifest"
_VAULT = b"the secrets"
_KEY, _NEXT_KEY = b"k" * 32, b"n" * 32
_PART = 1792
_BLOCK = 4096
_LARGEST = b"v" * 2048  # bytes of a slot of the vault
_MODES = ("before", "torn", "after")

_MEMORY = memory()
_START = memory()
_DISCARDED = memory()


def _power_on() -> NorFlash:
    flash = NorFlash(_MEMORY, _DISCARDED)
    vfs.mount(vfs.VfsLfs2(flash, progsize=256), _ROOT)
    return flash


def _power_off(flash: NorFlash):
    flash.cut_power()
    vfs.umount(_ROOT)


def _content(path: str) -> bytes:
    with open(_ROOT + path, "rb") as file:
        return file.read()


def _write(path: str, content: bytes):
    with open(_ROOT + path, "wb") as file:
        file.write(content)


def _start() -> str:
    """Choose as one_file.py does; return the path of the package that is imported."""
    try:
        with open(_ROOT + UPDATE + "/starts", "r+b") as file:
            if len(file.read()) < 3:
                file.write(b".")
                os.stat(_ROOT + UPDATE + "/firmware.mpy")
                return UPDATE + "/firmware.mpy"
    except OSError:
        pass
    return "/firmware.mpy"


def _receive():
    """Receive what is left of the update."""
    slot = UpdateSlot(_ROOT)
    received = slot.received(_MANIFEST)
    if received is None:
        slot.begin(_MANIFEST)
        received = 0
    while received < len(_NEW):
        slot.append(_NEW[received : received + _PART])
        received += _PART


def _update():
    """Do what is left of an update: receive it, start it, keep it."""
    path = _start()
    if path == "/firmware.mpy" and _content(path) == _OLD:
        _receive()
        UpdateSlot(_ROOT).start_trial()
        path = _start()
    if path != "/firmware.mpy":
        UpdateSlot(_ROOT).keep()


def _fail():
    """Have the update not come up three times, and take it again."""
    _receive()
    UpdateSlot(_ROOT).start_trial()
    for _ in range(4):
        _start()
    UpdateSlot(_ROOT).begin(_MANIFEST)


ACTIONS = {
    "update": _update,
    "failing": _fail,
    "key": lambda: UpdateSlot(_ROOT).set_key(_NEXT_KEY),
}


def _prepare(failed_before: bool = False):
    """Make a token's file system; in some another update has failed."""
    gc.collect()
    copy(memory(), _MEMORY)
    vfs.VfsLfs2.mkfs(NorFlash(_MEMORY, _DISCARDED), progsize=256)
    flash = _power_on()
    os.mkdir(_ROOT + "/data")
    _write("/data/vault.0", _VAULT)
    _write("/firmware.mpy", _OLD)
    _write("/update.key", _KEY)
    if failed_before:
        os.mkdir(_ROOT + UPDATE)
        _write(UPDATE + "/firmware.mpy", b"one that fails" * 600)
        _write(UPDATE + "/manifest", b"its manifest")
        _write(UPDATE + "/starts", b"...")
    _power_off(flash)
    copy(_MEMORY, _START)


def sweep(action: str, failed_before: bool = False) -> list:
    """Cut an action at every operation in every mode; return (mode, operation, outcome) for each.

    The outcome is "old" or "new" when the next start finds that firmware whole, everything else is
    as it was, and the update then comes to its end; else what was wrong.
    """
    _prepare(failed_before)
    found = []
    for mode in _MODES:
        operation = 0
        while True:
            gc.collect()
            copy(_START, _MEMORY)
            flash = _power_on()
            flash.arm(operation, mode)
            ACTIONS[action]()
            cut = flash.off
            _power_off(flash)
            if not cut:
                break
            found.append((mode, operation, _outcome()))
            operation += 1
    return found


def _outcome() -> str:
    flash = _power_on()
    try:
        return _found()
    except OSError:
        return "a file is missing"
    finally:
        _power_off(flash)


def _found() -> str:
    which = {_OLD: "old", _NEW: "new"}.get(_content(_start()), "a part of a package")
    if _content("/firmware.mpy") not in (_OLD, _NEW):
        which = "the package in place is not whole"
    if _content("/update.key") not in (_KEY, _NEXT_KEY):
        which = "no update key"
    for _ in range(2):  # and on, with the power on: it is received, started and kept
        _update()
    if _content("/firmware.mpy") != _NEW or _content("/data/vault.0") != _VAULT:
        which = "cannot be updated"
    _update()
    try:
        os.stat(_ROOT + UPDATE + "/firmware.mpy")
        return "two packages"
    except OSError:
        return which


def failing_starts(count: int) -> list:
    """Start an update that does not come up `count` times; return which package each start runs."""
    _prepare()
    flash = _power_on()
    _receive()
    UpdateSlot(_ROOT).start_trial()
    started = [_start() for _ in range(count)]
    _power_off(flash)
    return started


def in_little_room(times: int) -> tuple:
    """Take an update that has just enough room, and write the vault at its largest at each step and
    `times` times at the end; return (whether an update a block larger had room, which firmware is
    there)."""
    _prepare()
    flash = _power_on()
    for _ in range(2):
        _write("/data/vault.0", _LARGEST)
        _write("/data/vault.1", _LARGEST)
    ballast = 0
    while has_room_for_update(len(_NEW), _ROOT):
        ballast += 1
        _write("/ballast", bytes(_BLOCK * ballast))
    _write("/ballast", bytes(_BLOCK * (ballast - 1)))
    assert has_room_for_update(len(_NEW), _ROOT)
    larger = has_room_for_update(len(_NEW) + _BLOCK, _ROOT)
    slot = UpdateSlot(_ROOT)
    slot.begin(_MANIFEST)
    for at in range(0, len(_NEW), _PART):
        slot.append(_NEW[at : at + _PART])
        _write("/data/vault.0", _LARGEST)
        _write("/data/vault.1", _LARGEST)
    slot.start_trial()
    for _ in range(3):
        _start()
        _write("/data/vault.0", _LARGEST)
    for turn in range(times):
        _write("/data/vault." + str(turn % 2), _LARGEST)
    slot.keep()
    which = {_OLD: "old", _NEW: "new"}.get(_content("/firmware.mpy"))
    _power_off(flash)
    return larger, which


def received_of(manifest: bytes) -> int | None:
    """Return what the slot says of an update when half of ours was received."""
    _prepare()
    flash = _power_on()
    slot = UpdateSlot(_ROOT)
    slot.begin(_MANIFEST)
    slot.append(_NEW[:1000])
    received = slot.received(manifest)
    _power_off(flash)
    return received

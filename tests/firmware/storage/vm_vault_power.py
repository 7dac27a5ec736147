"""Driver: the vault on littlefs over a NOR flash, with the power cut at every operation of every
change. VM only."""

import gc
import os
from binascii import crc32

import vfs

from firmware.storage import space
from firmware.storage.journal import Journal
from firmware.storage.spoken_names import SpokenNames, checksum
from firmware.storage.vault import Vault
from tests.firmware.crypto.vm_primitives import aes_ecb, random
from tests.support.vm.nor_flash import NorFlash, copy, memory

_UNIQUE_ID = b"\xe6\x60\x58\x38\x83\x4c\x8b\x2f"
_OLD_KEY = b"o" * 32
_NEW_KEY = b"n" * 32
_NAMES = "/flash/data/{:08x}.kvp"
_CLIP = bytes(range(256)) * 6
_NEW_CLIP = b"new" * 500
_MODES = ("before", "torn", "after")

_MEMORY = memory()
_START = memory()
_DISCARDED = memory()


def _credential(name: str, secret: bytes) -> dict:
    return {
        "name": name,
        "secret": secret,
        "algorithm": "SHA1",
        "digits": 6,
        "kind": "hotp",
        "counter": 5,
    }


def _give(vault: Vault, clip: bytes) -> None:
    """Send the clip for the account "one" in two parts, and keep it."""
    names = SpokenNames(_NAMES, vault)
    half = len(clip) // 2
    names.write(0, clip[:half])
    names.write(half, clip[half:])
    names.keep("one", crc32(clip))


def _remove(vault: Vault) -> None:
    vault.remove_credential("one")
    SpokenNames(_NAMES, vault).tidy()


def _wipe(vault: Vault) -> None:
    vault.wipe()
    SpokenNames(_NAMES, vault).tidy()


ACTIONS = {
    "first_key": lambda vault: vault.set_key("transport", _OLD_KEY),
    "set_key": lambda vault: vault.set_key("issuer", _NEW_KEY),
    "put_credential": lambda vault: vault.put_credential(_credential("new", b"N" * 20)),
    "replace_credential": lambda vault: vault.put_credential(_credential("one", b"N" * 20)),
    "remove_credential": lambda vault: vault.remove_credential("one"),
    "record_clock": lambda vault: vault.record_clock(2_000_000_000, -7),
    "next_counter": lambda vault: vault.next_counter(0),
    "write_settings": lambda vault: vault.write_settings({"flip": True}),
    "block": lambda vault: vault.block(),
    "wipe": lambda vault: vault.wipe(),
    "give_name": lambda vault: _give(vault, _NEW_CLIP),
    "take_name": lambda vault: SpokenNames(_NAMES, vault).keep("one", None),
    "remove_named": _remove,
    "wipe_named": _wipe,
}
_NAMED = ("give_name", "take_name", "remove_named", "wipe_named")  # "one" has a spoken name before


class _PoweredToken:
    """The chip powered on, the file system mounted, and the vault opened."""

    def __init__(self):
        self.flash = NorFlash(_MEMORY, _DISCARDED)
        # As the RP2040 port mounts its own flash.
        vfs.mount(vfs.VfsLfs2(self.flash, progsize=256), "/flash")
        self.open()

    def open(self):
        self.vault = Vault(Journal("/flash/data", "vault"), _UNIQUE_ID, aes_ecb, random)

    def content(self) -> dict:
        vault = self.vault
        return {
            "state": vault.state,
            "key_kind": vault.key_kind,
            "access_key": vault.access_key,
            "credentials": vault.credentials,
            "settings": vault.settings,
            "clock": vault.clock,
        }

    def end(self):
        self.flash.cut_power()
        vfs.umount("/flash")


def _prepare(accounts: int):
    """Format the flash; with accounts, make a provisioned token of that many."""
    gc.collect()
    copy(memory(), _MEMORY)
    vfs.VfsLfs2.mkfs(NorFlash(_MEMORY, _DISCARDED), progsize=256)
    if accounts:
        token = _PoweredToken()
        token.vault.set_key("transport", _OLD_KEY)
        for number in range(accounts):
            name = "one" if number == 0 else "account number " + str(number)
            token.vault.put_credential(_credential(name, bytes((48 + number,)) * 64))
        token.vault.record_clock(1_900_000_000, 3)
        token.end()


def repeat_cost(action: str, accounts: int, times: int) -> tuple:
    """Return (programs, erases) of an action done `times` times in a row, metadata compaction
    included."""
    _prepare(accounts)
    token = _PoweredToken()
    programs, erases = token.flash.programs, token.flash.erases
    for _ in range(times):
        ACTIONS[action](token.vault)
    token.end()
    return token.flash.programs - programs, token.flash.erases - erases


def sweep(action: str, accounts: int, warm_up: int = 0) -> list:
    """Cut an action at every operation in every mode; return (mode, operation, outcome) for each.

    The outcome is "old" or "new" when the token then also makes another change, else what was
    wrong. warm_up counter steps come first, so that the action starts at another position of
    littlefs's metadata log.
    """
    _prepare(accounts)
    space.KEPT_FREE = space.LATER = 0  # the chip is small
    token = _PoweredToken()
    for _ in range(warm_up):
        token.vault.next_counter(0)
    if action in _NAMED:
        _give(token.vault, _CLIP)
    old = token.content()
    token.end()
    copy(_MEMORY, _START)
    token = _PoweredToken()
    ACTIONS[action](token.vault)
    new = token.content()
    token.end()
    found = []
    for mode in _MODES:
        operation = 0
        while True:
            gc.collect()
            copy(_START, _MEMORY)
            token = _PoweredToken()
            token.flash.arm(operation, mode)
            ACTIONS[action](token.vault)
            cut = token.flash.off
            token.end()
            if not cut:
                break
            found.append((mode, operation, _outcome(old, new, action)))
            operation += 1
    return found


def _outcome(old: dict, new: dict, action: str) -> str:
    token = _PoweredToken()
    content = token.content()
    if content == old:
        which = "old"
    elif content == new:
        which = "new"
    else:
        token.end()
        return "neither: " + content["state"]
    for held in content["credentials"]:
        if "spoken" in held and checksum(_NAMES.format(held["spoken"])) != held["spoken"]:
            which += ", but the clip of a name is gone"
    if (
        which == "new"
        and action in ("wipe", "set_key", "replace_credential", "remove_credential")
        and not _are_slots_equal()
    ):
        which = "new, but the old body is still in a file"
    SpokenNames(_NAMES, token.vault).tidy()
    kept = os.listdir("/flash/data") if "data" in os.listdir("/flash") else []
    clips = len([name for name in kept if name.endswith(".kvp")])
    if clips != len([held for held in content["credentials"] if "spoken" in held]):
        which += ", and clips are left over"
    token.vault.set_key("issuer", b"l" * 32)
    token.vault.record_clock(2_100_000_000, 1)
    later = token.content()
    token.end()
    token = _PoweredToken()
    if token.content() != later:
        which = "cannot go on"
    token.end()
    return which


def _are_slots_equal() -> bool:
    bodies = []
    for slot in [name for name in os.listdir("/flash/data") if name.startswith("vault")]:
        with open("/flash/data/" + slot, "rb") as file:
            bodies.append(file.read()[20:])
    return len(bodies) == 2 and bodies[0] == bodies[1]

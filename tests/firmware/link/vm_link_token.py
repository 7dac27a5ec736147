"""Driver: a token's vault, server and port without a board, on either runtime.

Times are milliseconds unless stated otherwise.
"""

import io
import sys

from firmware.boards.pico import BOARD
from firmware.crypto import primitives
from firmware.link.port import Port
from firmware.link.session import LinkServer
from firmware.modules import load
from firmware.protocol import messages
from firmware.serial_number import serial_number
from firmware.storage import pin as pin_module
from firmware.storage.journal import StorageError
from firmware.storage.update_slot import UpdateSlot
from firmware.storage.vault import Vault
from tests.firmware.crypto.vm_primitives import aes_ecb, random

UNIQUE_ID = b"\xe6\x60\x58\x38\x83\x4c\x8b\x2f"


class _MemoryJournal:
    def __init__(self):
        self.body = None
        self.damaged = False
        self.failing = False
        self.saves = 0

    def load(self):
        return None if self.damaged else self.body

    def save(self, body, forget=False):
        if self.failing:
            raise StorageError("no")
        self.body, self.damaged = body, False
        self.saves += 1


class _Clock:
    """A clock chip; each reading takes 7 ms of the clock's time and of true time."""

    def read(self) -> int:
        self._answer()
        token.ms += 7
        if not token.stuck:
            token.clock_ms += 7
        if token.invalid or token.lost:
            raise ValueError("clock registers")
        return token.clock_ms // 1000

    def set(self, time: int):
        self._answer()
        token.clock_ms = time * 1000
        token.lost = False

    def aging(self) -> int:
        self._answer()
        return token.aging

    def set_aging(self, aging: int):
        self._answer()
        token.aging = aging

    def temperature(self) -> int:
        self._answer()
        return 2150

    def _answer(self):
        if token.absent:
            raise OSError(19)


class _Services:
    def __init__(self):
        self.clock = _Clock()

    def comparison(self, number):
        token.shown.append(number)

    def settings_changed(self):
        token.settings_changed += 1
        if token.faulty:
            raise KeyError("nobody may read this secret")

    def account_saved(self, place):
        token.saved.append(place)

    def now_ms(self):
        return token.ms & ((1 << 30) - 1)

    def selftest(self):
        return {"display": True}

    def restart(self):
        token.restarts += 1

    def undisturbed(self, action, *arguments):
        return action(*arguments)

    @property
    def updates(self):
        return UpdateSlot(token.root)

    def info(self):
        return {
            "battery_mv": 3900,
            "clock_lost": token.lost,
            "temperature": 2150,
            "unique_id": UNIQUE_ID,
            "manifest": None,
        }


class _Token:
    def __init__(self, build: str, product: str):
        self.build = build
        self.product = dict(load("firmware.products." + product).PRODUCT)
        self.product["spoken_names"] = "/nowhere/{:08x}.kvp"
        self.ms = (1 << 30) - 500  # soon to wrap, as ticks do
        self.clock_ms = 1_900_000_000_000
        self.lost = self.absent = self.stuck = self.invalid = self.faulty = False
        self.aging = 0
        self.shown = []
        self.settings_changed = 0
        self.saved = []
        self.root = ""  # the folder that stands for the file system of the firmware
        self.restarts = 0
        self.journal = _MemoryJournal()
        self.services = _Services()
        self.power_on()

    def power_on(self):
        self.vault = Vault(self.journal, UNIQUE_ID, aes_ecb, random)
        serial = serial_number(UNIQUE_ID)
        self.server = LinkServer(
            self.product,
            BOARD,
            self.build,
            serial,
            self.vault,
            self.services,
            primitives,
            random,
        )
        self.port = Port(None, None, lambda wait: (True,), self.build == messages.DEVELOPMENT)


token = None


def start(build: str = messages.DEVELOPMENT, product: str = "kodeviser"):
    """Start a new, blank token."""
    global token
    token = _Token(build, product)


def keep_names_in(folder: str):
    """Let the token keep the clips of names in that folder, from its next start on."""
    token.product["spoken_names"] = folder + "/{:08x}.kvp"


def restart():
    """Turn the token off and on again: only the journal survives."""
    token.power_on()


def handle(payload):
    """Return the server's answer to a frame's payload."""
    return token.server.handle(payload)


def feed(data: bytes) -> tuple:
    """Send bytes to the port; return the bytes it writes, and whether it took a Ctrl-C."""
    token.port._input = io.BytesIO(data)
    token.port._output = output = io.BytesIO()
    try:
        while (payloads := token.port.receive()) is not None:
            for payload in payloads:
                answer = token.server.handle(payload)
                if answer is not None:
                    token.port.send(answer)
    except KeyboardInterrupt:
        return output.getvalue(), True
    return output.getvalue(), False


def idle() -> bool:
    """Return True when the port is between frames."""
    return token.port.idle


def change(name: str, value):
    """Change the token's surroundings: clock_ms, lost, absent, stuck, invalid, aging, faulty."""
    setattr(token, name, value)


def pass_time(ms: int):
    """Let time pass."""
    token.ms += ms
    token.clock_ms += ms


def remove_clock():
    """Make a token on which no clock chip was found."""
    token.services.clock = None


def fail_storage(failing: bool):
    """Make the flash refuse writes, or accept them again."""
    token.journal.failing = failing


def damage_storage(how: str):
    """Damage the storage that the next start finds: both "slots" broken, or a "bit" of the
    encrypted body flipped."""
    if how == "slots":
        token.journal.damaged = True
    else:
        token.journal.body = token.journal.body[:-1] + bytes((token.journal.body[-1] ^ 1,))
    token.power_on()


def effects() -> dict:
    """Return the server's effects outside the vault."""
    return {
        "shown": list(token.shown),
        "settings_changed": token.settings_changed,
        "saved": list(token.saved),
        "restarts": token.restarts,
        "saves": token.journal.saves,
        "time": token.clock_ms // 1000,
        "aging": token.aging,
        "lost": token.lost,
    }


def contents() -> dict:
    """Return the vault's content in flash; ValueError when memory holds something else."""
    found = [
        _contents(vault)
        for vault in (token.vault, Vault(token.journal, UNIQUE_ID, aes_ecb, random))
    ]
    if found[0] != found[1]:
        raise ValueError("memory and flash differ")
    return found[1]


def bytecode() -> int:
    """Return what MicroPython has in sys.implementation._mpy; 0 on CPython."""
    return getattr(sys.implementation, "_mpy", 0)


def try_pin(pin: str, now: int) -> bool:
    """Type a PIN; return True when it is right."""
    return pin_module.try_pin(token.vault, pin, now)


def reprs() -> str:
    """Return the reprs of all the token's objects."""
    return " ".join(
        [repr(item) for item in (token.vault, token.server, token.port, token.server._requests)]
    )


def _contents(vault) -> dict:
    return {
        "state": vault.state,
        "key_kind": vault.key_kind,
        "access_key": vault.access_key,
        "credentials": vault.credentials,
        "settings": vault.settings,
        "clock": vault.clock,
        "pin": vault.pin,
    }

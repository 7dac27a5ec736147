"""A token in this process: the firmware's own link and vault over files, with a clock that a test
moves.

`Wire` is a transport directly into it, without waiting, whose answers a test can lose or damage.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from firmware.boards.pico import BOARD
from firmware.crypto import primitives
from firmware.link.session import LinkServer
from firmware.modules import load
from firmware.protocol import frames, messages
from firmware.serial_number import serial_number
from firmware.storage.journal import Journal
from firmware.storage.vault import Vault

UNIQUE_ID = b"\x01\x02\x03\x04\x05\x06\x07\x08"
SERIAL = serial_number(UNIQUE_ID)
START = 1_767_225_600.25  # 2026-01-01, a quarter of a second later


class World:
    """The time that host and token share. Each reading takes a millisecond, so that busy waits
    end."""

    def __init__(self) -> None:
        """Begin at START."""
        self.time = START

    def now(self) -> float:
        """Unix seconds."""
        self.time += 0.001
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds


class Clock:
    """A DS3231 with its driver's interface, whose rate error is `ppm`."""

    def __init__(self, world: World) -> None:
        """Make a new chip, which has lost the time."""
        self._world = world
        self._at, self._value = world.time, 0.0
        self._lost = True
        self._aging = 0
        self.ppm = 0.0

    def read(self) -> int:
        if self._lost:
            raise ValueError("clock stopped")
        return int(
            self._value
            + (self._world.now() - self._at) * (1 + (self.ppm - 0.1 * self._aging) * 1e-6)
        )

    def set(self, unix: int) -> None:
        self._at, self._value, self._lost = self._world.now(), float(unix), False

    def lost(self) -> bool:
        return self._lost

    def lose(self) -> None:
        self._lost = True

    def aging(self) -> int:
        return self._aging

    def set_aging(self, aging: int) -> None:
        self._aging = aging

    def temperature(self) -> int:
        return 2150


class AppServices:
    """The services that the App provides to the link."""

    def __init__(self, world: World) -> None:
        """Make the services with a clock."""
        self._world = world
        self.clock: Clock | None = Clock(world)
        self.numbers: list[str] = []
        self.on_number: Callable[[str], None] = self.numbers.append
        self.sound = True
        self.more_parts: dict[str, bool] = {}

    def comparison(self, number: str) -> None:
        self.on_number(number)

    def settings_changed(self) -> None:
        pass

    def account_saved(self, place: int) -> None:
        pass

    def now_ms(self) -> int:
        return int(self._world.now() * 1000) & ((1 << 30) - 1)

    def selftest(self) -> dict[str, bool]:
        return {"display": self.sound, "clock": True} | self.more_parts

    def info(self) -> dict[str, Any]:
        return {
            "battery_mv": 3700,
            "clock_lost": self.clock is None or self.clock.lost(),
            "temperature": 2150,
            "heap_free": 150_000,
            "flash_free": 900_000,
            "unique_id": UNIQUE_ID,
            "manifest": None,
        }


class Token:
    """The firmware's link and vault; `respond` takes received bytes and gives the answer's
    bytes."""

    def __init__(self, directory: Path, world: World, product: str = "kodeviser") -> None:
        """Open the vault in `directory`; it is blank when there is none."""
        self.directory = directory
        self._product = dict(load("firmware.products." + product).PRODUCT)
        self._product["spoken_names"] = f"{directory}/{{:08x}}.kvp"
        self._product["letters"] = f"{directory}/letters.kvp"
        self.services = AppServices(world)
        self.restart()

    def restart(self) -> None:
        """Restart: everything that is not in the files is lost."""
        self.vault = Vault(Journal(str(self.directory), "vault"), UNIQUE_ID, _aes_ecb, os.urandom)
        self._server = LinkServer(
            self._product,
            BOARD,
            messages.DEVELOPMENT,
            SERIAL,
            self.vault,
            self.services,
            primitives,
            os.urandom,
        )
        self._decoder = frames.Decoder()

    def forget_operation(self, operation: int) -> None:
        """Be a token whose firmware does not have the operation yet."""
        del self._server._requests._operations[operation]

    def respond(self, data: bytes) -> bytes:
        answers = [self._server.handle(payload) for payload in self._decoder.feed(data)]
        return b"".join(frames.encode(answer) for answer in answers if answer is not None)


class Wire:
    """A transport connected to the token. `spoil(number, answer)` gives what arrives of an
    answer."""

    def __init__(self, token: Token) -> None:
        """Connect the token."""
        self.token = token
        self.spoil: Callable[[int, bytes], bytes] = lambda number, answer: answer
        self.plugged = True
        self._answers = 0
        self._coming = b""

    def read(self, timeout: float) -> bytes:
        self._check()
        data, self._coming = self._coming, b""
        return data

    def write(self, data: bytes) -> None:
        self._check()
        answer = self.token.respond(data)
        if answer:
            self._answers += 1
            self._coming += self.spoil(self._answers, answer)

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if not self.plugged:
            raise OSError(5, "Input/output error")


def _aes_ecb(key: bytes) -> Callable[[bytes], bytes]:
    return lambda blocks: Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(blocks)

"""An emulated RP2040 with a token's parts, in a process of Node.js. Times are simulated seconds
since power-on; the simulation stands still unless `run_until` lets it go on."""

import base64
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from emulator.serial.link import UnpluggedError
from tests.board import heap
from tests.board.flash_image import FLASH

HERE = Path(__file__).parent
PACKAGE = Path("build/board").resolve()  # where `make board` installs rp2040js
_STEP = 0.05  # simulated seconds between two looks at a condition


class Event(NamedTuple):
    """What the board did at a time: its kind and what belongs to it."""

    at: float
    kind: str
    more: dict[str, Any]


class Board:
    """A Pico with the parts that the board file lists for a product. A context manager."""

    def __init__(
        self,
        flash: bytes,
        bootrom: bytes,
        board: dict[str, Any],
        product: str,
        *,
        unique_id: bytes,
        unix: float | None,
        battery_mv: int = 3900,
    ) -> None:
        """Start with power off. `unix` is the clock chip's time, None: it has lost it."""
        self.product = product
        self._parts: dict[str, Any] = board["products"][product]
        self.now = 0.0
        self.events: list[Event] = []
        self.plugged = False
        self._received = bytearray()
        self._folder = tempfile.TemporaryDirectory()
        files = {"flash": flash, "bootrom": bootrom}
        for name, content in files.items():
            (Path(self._folder.name) / name).write_bytes(content)
        battery = self._parts["battery"]
        self._node = subprocess.Popen(
            ["node", HERE / "run.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "RP2040JS": str(PACKAGE)},
        )
        filesystem = board["filesystem"]
        self._ask(
            "start",
            **{name: str(Path(self._folder.name) / name) for name in files},
            uniqueId=unique_id.hex(),
            parts=self._parts,
            buses=board["buses"],
            unix=unix,
            batteryRaw=battery_mv * 4096 // (battery["ratio"] * battery["reference_mv"]),
            filesystem={"start": FLASH - filesystem["size"], "block": filesystem["block"]},
        )

    def __enter__(self) -> Self:
        """Give the board itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the simulation."""
        self._node.stdin.close()
        self._node.wait()
        self._node.stdout.close()
        self._folder.cleanup()

    def _ask(self, name: str, **values: Any) -> Any:
        self._node.stdin.write(json.dumps({"name": name, **values}) + "\n")
        self._node.stdin.flush()
        answer = self._node.stdout.readline()
        if not answer:
            raise RuntimeError("The simulation has ended; its error stands above.")
        return json.loads(answer)

    # Time

    def advance(self, seconds: float, stop: tuple[str, ...] = ()) -> list[Event]:
        """Let time pass, up to the first event of the kinds `stop`; give the events."""
        answer = self._ask("run", until=self.now + seconds, stop=list(stop))
        self.now = answer["now"]
        found = []
        for event in answer["events"]:
            at, kind = event.pop("at"), event.pop("kind")
            if kind == "serial":
                self._received += bytes.fromhex(event["data"])
            found.append(Event(at, kind, event))
        self.events += found
        return found

    def wait(self, seconds: float) -> None:
        """Let time pass, as a host that sleeps."""
        self.advance(seconds)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until `condition()` holds, and give True, or False after `seconds`."""
        end = self.now + seconds
        while not condition():
            if self.now >= end:
                return False
            self.advance(min(_STEP, end - self.now), ("serial",))
        return True

    # The user's hands

    def key_down(self, key: str) -> None:
        """Press a key and keep it down: "red" for the button, or one of the keypad."""
        self._ask("press", key=key, down=True)

    def key_up(self, key: str) -> None:
        """Release a key."""
        self._ask("press", key=key, down=False)

    def press(self, key: str = "red", ms: float = 120) -> None:
        """Press a key for that many milliseconds."""
        self.key_down(key)
        self.advance(ms / 1000)
        self.key_up(key)

    def plug(self) -> None:
        """Put the cable in, and wait until the token is a serial port."""
        self._ask("plug")
        if not self.run_until(lambda: self._ask("ready")["ready"], 5):
            raise RuntimeError("The token does not become a serial port.")
        self.plugged = True
        self.advance(0.02)
        self._received.clear()

    # The serial link, a `Transport` of the host tools

    def monotonic(self) -> float:
        """Give the time by which the host's time-outs count."""
        return self.now

    def read(self, timeout: float) -> bytes:
        """As Transport.read."""
        if not self.plugged:
            raise UnpluggedError
        self.run_until(lambda: bool(self._received), timeout)
        data = bytes(self._received)
        self._received.clear()
        return data

    def write(self, data: bytes) -> None:
        """As Transport.write."""
        if not self.plugged:
            raise UnpluggedError
        self._ask("send", data=data.hex())

    def close(self) -> None:
        """As Transport.close: the cable stays in."""

    # What can be seen and heard

    def pixels(self) -> bytes:
        """Give what the display shows: a byte each pixel, by rows from the top left."""
        return bytes.fromhex(self._ask("frame")["pixels"])

    def sound(self) -> tuple[list[int], float | None, float | None]:
        """Give the samples sent, the time of the first one, and that of the first loud one."""
        answer = self._ask("sound")
        return answer["samples"], answer["first"], answer["loud"]

    def flash(self) -> bytes:
        """Give the flash's content."""
        return base64.b64decode(self._ask("flash")["content"])

    def largest_free_block(self) -> int:
        """Give the bytes of the largest free block of MicroPython's heap."""
        return heap.largest_free_block(base64.b64decode(self._ask("memory")["content"]))

    def diagnosis(self) -> dict[str, Any]:
        """Give where the processor is, and what rp2040js complained of."""
        return dict(self._ask("diagnosis"))


def unique_id(seed: int) -> bytes:
    """Give the unique id of the emulated token with that seed (emulator.session)."""
    return hashlib.sha256(f"unique id {seed}".encode()).digest()[:8]

"""What is done to a token on the emulated RP2040, and what is measured meanwhile.

Times are simulated seconds, figures milliseconds. The host's side are our own host tools, in step
with the simulation. A token is provisioned while it hangs on the cable; then the same flash starts
again on its battery, by a press.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from littlefs import LittleFS, UserContext

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.errors import TokenError
from host_tools.image.image import build_image, load_board, load_product
from host_tools.link import clock
from host_tools.link.channel import Channel
from host_tools.link.session import Session, authenticate, claim_token
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.board.board import Board, Event, unique_id

START = 1_767_268_801.0  # 2026-01-01 12:00:01, when the token is provisioned
PRESSED = START - 1 + 3600  # when its button is pressed: a period of 30 s begins
SEED = 0
KEY = Secret(bytes(range(32)))
CREDENTIAL = Credential(name="Test", secret=Secret(b"12345678901234567890"))
_DISPLAY = ("drawn", "display command")
_QUIET = 0.03  # seconds without a byte for the display after which a frame is complete
LARGEST_FREE = "largest free block after a session, bytes"
_COMPARING = 1.0  # seconds that the operator takes to compare two numbers


@dataclass
class Figures:
    """What was measured, by what it is: milliseconds, or bytes."""

    product: str
    figures: dict[str, float] = field(default_factory=dict)

    def put(self, name: str, seconds: float) -> None:
        """Keep a time, in milliseconds."""
        self.figures[name] = round(seconds * 1000, 1)


class Parts:
    """The files and data of one run: MicroPython with the token's file system, and the boot ROM."""

    def __init__(self, flash: bytes, bootrom: bytes, product: str) -> None:
        """Take the flash of a blank token of that product."""
        self.flash, self.bootrom = flash, bootrom
        self.board, self.product = load_board("pico"), load_product(product)

    def started(self, flash: bytes, unix: float | None) -> Board:
        """Give the token with that flash, off; `unix` as in Board."""
        return Board(
            flash,
            self.bootrom,
            self.board,
            self.product["name"],
            unique_id=unique_id(SEED),
            unix=unix,
        )


def provision(parts: Parts, figures: Figures) -> bytes:
    """Provision a blank token over USB, time it, and give its flash's content."""
    with parts.started(parts.flash, None) as token:
        token.plug()
        token.advance(2)
        channel = Channel(token, "the emulated board")
        first = _timed(token, channel.hello)
        later = _timed(token, channel.hello)
        figures.put("first hello", first.seconds)
        figures.put("later hello", later.seconds)
        host = clock.HostClock(lambda: START + token.now, token.wait)
        began, requests = token.now, _Requests(token)

        def compare(number: str) -> bool:
            # Not among the requests: our emulator gives a host its answer when the token is idle.
            claimed = token.now - requests.requests.pop()
            token.advance(_COMPARING)
            requests.claims.append(_last_drawn(token.events) - claimed)
            return True

        with requests.timed():
            session = claim_token(channel, later.value, compare)
            session.set_key(messages.KEY_ISSUER, KEY)
            try:
                clock.measure(session, host)
            except TokenError as error:
                if error.number != messages.CLOCK_LOST:
                    raise
            clock.set_now(session, host)
            session.put_credential(CREDENTIAL)
        figures.put("handshake NN", requests.handshakes[0])
        figures.put("claim to the number shown", requests.claims[0])
        figures.put("one request, shortest", min(requests.requests))
        figures.put("one request, longest", max(requests.requests))
        figures.figures["requests of a provisioning"] = len(requests.claims + requests.requests)
        busy = requests.handshakes + requests.claims + requests.requests
        figures.put("provisioning, the token busy", sum(busy))
        figures.put("provisioning, whole", token.now - began - _COMPARING)
        with requests.timed():
            session = authenticate(channel, channel.hello(), KEY)
            info = session.info()
        figures.put("handshake NNpsk0", requests.handshakes[-1])
        figures.put("info", requests.requests[-1])
        figures.figures["heap free after a session, bytes"] = info["heap_free"]
        token.advance(parts.product["show_ms"] / 1000 + 1)  # then the display is off again
        figures.figures[LARGEST_FREE] = token.largest_free_block()
        pressed = token.now
        token.key_down("red")
        drawn = _until_drawn(token)
        token.key_up("red")
        figures.put("press, awake, to the complete frame", drawn - pressed)
        _check(token)
        return token.flash()


def _check(token: Board) -> None:
    """Raise RuntimeError when rp2040js met something that it does not emulate."""
    complaints = token.diagnosis()["complaints"]
    if complaints:
        raise RuntimeError(f"rp2040js complains: {complaints}")


@dataclass
class _Timed:
    value: Any
    seconds: float


def _timed(token: Board, action: Callable[[], Any]) -> _Timed:
    began = token.now
    value = action()
    return _Timed(value, token.now - began)


class _Requests:
    """Times of handshakes, claims and requests, seconds, from sending to the whole answer."""

    def __init__(self, token: Board) -> None:
        self._token = token
        self.handshakes: list[float] = []
        self.requests: list[float] = []
        self.claims: list[float] = []  # to the last pixels of the number

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what sessions do meanwhile."""
        handshake, request = Session.handshake, Session.request

        def timed_handshake(session: Session, *arguments: Any) -> Any:
            timed = _timed(self._token, lambda: handshake(session, *arguments))
            self.handshakes.append(timed.seconds)
            return timed.value

        def timed_request(session: Session, *arguments: Any, **named: Any) -> Any:
            began = self._token.now
            try:
                return request(session, *arguments, **named)
            finally:
                self.requests.append(self._token.now - began)

        Session.handshake, Session.request = timed_handshake, timed_request  # type: ignore[method-assign]
        try:
            yield
        finally:
            Session.handshake, Session.request = handshake, request  # type: ignore[method-assign]


def _until_drawn(token: Board) -> float:
    """Let time pass until a frame is complete; give when its last byte was sent."""
    last = 0.0
    begun = False
    while not begun or token.now - last < _QUIET:
        for event in token.advance(0.01):
            if event.kind in _DISPLAY:
                last = event.at
                begun = begun or event.kind == "drawn"
        if not begun and token.now - last > 120:
            raise RuntimeError("The token draws nothing.")
    return last


def _last_drawn(events: list[Event]) -> float:
    """Give when the last pixels were sent to the display."""
    return next(event.at for event in reversed(events) if event.kind == "drawn")


@dataclass
class Shown:
    """What a press from power-on showed and said: the distinct frames in order, and the samples."""

    frames: list[bytes]
    samples: list[int]
    clock_read: float  # when the time was read by which the code was made


def press(parts: Parts, flash: bytes, figures: Figures, seconds: float) -> Shown:
    """Start the provisioned token on its battery by a press, and watch it for so many seconds."""
    with parts.started(flash, PRESSED) as token:
        token.key_down("red")
        token.advance(0.12)
        token.key_up("red")
        frames: list[bytes] = []
        last_byte = None
        done = 0  # a code may stand before the button is up
        while token.now < seconds:
            token.advance(0.005)
            for event in token.events[done:]:
                if event.kind in _DISPLAY:
                    last_byte = event.at
            done = len(token.events)
            if last_byte is not None and token.now - last_byte >= _QUIET:
                last_byte = None
                _append(frames, token.pixels())
        _power_on(token.events, figures)
        samples: list[int] = []
        if "audio" in parts.product["parts"]:
            samples, _, loud = token.sound()
            if loud is not None:
                figures.put("power-on to the first sound", loud)
        _check(token)
        drawn = _first_ink(token.events)
        read = max(e.at for e in token.events if e.kind == "clock" and e.at < drawn)
        return Shown(frames, _trimmed(samples), read)


def _first_ink(events: list[Event]) -> float:
    """Give when the first byte was sent that is not blank."""
    return next(e.more["began"] for e in events if e.kind == "drawn" and e.more["ink"])


def _power_on(events: list[Event], figures: Figures) -> None:
    """Take the figures of power-on from what happened."""
    figures.put(
        "power-on to the latch",
        next(e.at for e in events if e.kind == "latch" and e.more["level"] == 1),
    )
    drawn = _first_ink(events)
    commands = [e.at for e in events if e.kind == "display command" and e.at < drawn]
    groups = [at for at, after in pairwise(commands) if after - at > _QUIET]
    figures.put("power-on to the display set up", (groups or commands)[0])
    figures.put("power-on to the first byte drawn", drawn)
    shown = [e.at for e in events if e.kind in _DISPLAY and e.at >= drawn]
    complete = next((at for at, after in pairwise(shown) if after - at > _QUIET), shown[-1])
    figures.put("power-on to the complete code", complete)


def emulated(parts: Parts, flash: bytes, folder: Path, seconds: float, board: Shown) -> Shown:
    """Do the same in our emulator, with the file system that the board has written.

    The emulator charges no time for computing, so it reads the clock earlier: its clock chip is
    ahead by that much, so that both make the code at the same time.
    """
    read = _emulated(parts, flash, folder / "first", 2.0, 0.0).clock_read
    return _emulated(parts, flash, folder / "second", seconds, board.clock_read - read)


def _emulated(parts: Parts, flash: bytes, folder: Path, seconds: float, ahead: float) -> Shown:
    name = parts.product["name"]
    # The emulator runs modules from files, also where the board has them frozen.
    image = _with_own_files(
        build_image(name, "pico", production=True),
        flash[-parts.board["filesystem"]["size"] :],
        parts.board["filesystem"]["block"],
    )
    with Emulator(name, "pico", folder, image=image, seed=SEED, time=PRESSED) as token:
        token.set_rtc(PRESSED + ahead)
        reads, chip = [], token.board.parts["clock"]
        read = chip.read

        def noted(count: int) -> bytes:
            if not frames:
                reads.append(token.elapsed)
            return bytes(read(count))

        chip.read = noted
        frames: list[bytes] = []
        token.press_down()
        token.advance(0.12)
        token.release()
        while token.elapsed < seconds:
            _append(frames, token.screen().data)
            token.advance(0.005)
        samples = []
        if "audio" in parts.product["parts"]:
            samples = list(token.board.parts["audio"].between(0, round(seconds * 1e6), 16_000))
        return Shown(frames, _trimmed(samples), reads[-1])


def _with_own_files(image: bytes, token: bytes, block: int) -> bytes:
    """Give a file system with what a token has written into its own: the files of /data."""
    (source, _), (target, content) = _mounted(token, block), _mounted(image, block)
    target.makedirs("/data", exist_ok=True)
    for name in source.listdir("/data"):
        with source.open(f"/data/{name}", "rb") as file, target.open(f"/data/{name}", "wb") as copy:
            copy.write(file.read())
    target.unmount()
    return bytes(content.buffer)


def _mounted(image: bytes, block: int) -> tuple[LittleFS, UserContext]:
    content = UserContext(len(image))
    content.buffer[:] = image
    disk = LittleFS(context=content, mount=False, block_size=block, block_count=len(image) // block)
    disk.mount()
    return disk, content


def _append(frames: list[bytes], frame: bytes) -> None:
    if frames[-1:] != [frame] and (frames or any(frame)):
        frames.append(frame)


def _trimmed(samples: list[int]) -> list[int]:
    """Give the samples without the zeros around them."""
    loud = [n for n, sample in enumerate(samples) if sample]
    return samples[loud[0] : loud[-1] + 1] if loud else []

"""The served emulator, `kodebrik emulate --web`, as programs use it. Each function gives one
Figure."""

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from pathlib import Path

import serial
from playwright.sync_api import expect, sync_playwright

from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.image.dependencies import FIRMWARE
from host_tools.image.image import build_image
from host_tools.link.channel import Channel
from host_tools.link.transport import SerialTransport
from tests.bench.figure import Figure
from tests.bench.references import best
from tests.support import browser as chromium
from tests.support.command_line.program import KODEBRIK
from tests.support.emulated.desk import BOARDS
from tests.support.emulated.hour import use_for
from tests.support.emulated.served import Served, served

# Minutes of virtual time: after 33 the sound that is kept, ten minutes of it, is all there.
_HOUR, _FULL = 60, 40
_GROWTH, _HELD = 1.03, 300  # MB
_GARBAGE, _WRITTEN = 2**20, 4096  # bytes; pyserial takes no longer than 5 s for a write
# Real seconds that a person waits for at most, on any machine that is usable at all.
_ANSWERED, _REBUILT, _KEY, _PICTURE = 5.0, 1.5, 0.050, 0.050
_ROUNDS, _KEYS = 20, 25
_OFF, _SAID = 10.0, 4.0  # real seconds that are watched
_OFF_CORE, _SPEAKING_CORE = 5.0, 40.0  # per cent


@contextmanager
def _served(product: str, production: bool = False) -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        image = build_image(product, BOARDS[product], production)
        with served(product, image, Path(folder, "token")) as token:
            yield token


def memory_after_an_hour() -> Figure:
    """Memory of the emulator's process after an hour of virtual use through the API."""
    held, asked = _hour()
    name = f"memory after an hour of use by HTTP, {asked} requests"
    return Figure(name, held[-1], "MB", "limit", _HELD)


def memory_in_the_last_minutes() -> Figure:
    """The same against the memory when the sound that is kept was all there."""
    held, _ = _hour()
    name, against = "the same, in its last 20 minutes", f"after {_FULL} minutes"
    return Figure(name, max(held[_FULL:]), "MB", against, held[_FULL - 1], _GROWTH)


@cache
def _hour() -> tuple[list[float], int]:
    """Give the megabytes after each minute of the hour, and the number of requests."""
    with _served("kodeoplaeser") as token:
        return list(use_for(token, _HOUR)), token.asked


def hello_after_garbage(port: str) -> Figure:
    """From the last byte of a megabyte of garbage, sent as fast as it is taken over the `link` or
    `rfc2217`, until the token has said hello on the same connection. A production build: a
    development build takes a Ctrl-C between frames, of which garbage has some, for a way into its
    prompt."""
    with _served("kodeviser", production=True) as token:
        token.ask("PATCH", "token", {"rate": 1, "plugged": True})
        garbage = random.Random(1).randbytes(_GARBAGE)
        with serial.serial_for_url(token.links[port], timeout=0) as opened:
            for start in range(0, _GARBAGE, _WRITTEN):
                opened.write(garbage[start : start + _WRITTEN])
            began = time.perf_counter()
            Channel(SerialTransport(opened)).hello()
            took = time.perf_counter() - began
    return Figure(f"hello after 1 MB of garbage, {port}", took, "s", "limit", _ANSWERED)


def key_by_http() -> Figure:
    """From sending that a key goes down, to the answer, of a token at work in real time; what it
    draws is complete then."""
    with _served("kodeviser") as token:
        token.ask("PATCH", "token", {"rate": 1})
        token.ask("POST", "press", {"keys": ["red"]})
        times = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            token.ask("POST", "keys/down", {"key": "red"})
            times.append(time.perf_counter() - began)
            token.ask("POST", "keys/up", {"key": "red"})
    times.sort()
    return Figure(
        "a key by HTTP, median", 1000 * times[len(times) // 2], "ms", "limit", 1000 * _KEY
    )


def picture_by_http() -> Figure:
    """The kodeoplæser's display as PNG, from asking for it to having it."""
    with _served("kodeoplaeser") as token:
        token.ask("POST", "press", {"keys": ["red"]})
        took = best(lambda: token.ask("GET", "screen.png"), _ROUNDS)
    return Figure("display as PNG by HTTP", 1000 * took, "ms", "limit", 1000 * _PICTURE)


def processor_use(speaks: bool) -> Figure:
    """The processor's time that a kodeoplæser with one page takes at real time, of one core: off,
    or while it says a code."""
    with _served("kodeoplaeser") as token, token.listened_to():
        token.ask("PATCH", "token", {"rate": 1})
        if speaks:
            token.ask("POST", "press", {"keys": ["red"]})
        used, began = token.processor(), time.monotonic()
        time.sleep(_SAID if speaks else _OFF)
        used, took = token.processor() - used, time.monotonic() - began
        now = token.ask("GET", "token")["elapsed"]
        said = token.ask("GET", f"speech?start={now - took}&end={now}")["clips"]
        assert bool(said) is speaks
    name = "processor while it speaks" if speaks else "processor while it is off"
    limit = _SPEAKING_CORE if speaks else _OFF_CORE
    return Figure(f"served kodeoplæser, {name}", 100 * used / took, "% of a core", "limit", limit)


def key_to_pixel(name: str, of: Callable[[list[float]], float]) -> Figure:
    """On the page in Chromium, from a key going down on the computer's keyboard until the canvas
    shows what the kodeoplæser draws then; of a token at work in real time."""
    name = f"a key on the page to its pixels, {name} of {_KEYS}"
    return Figure(name, of(_keys_to_pixels()), "ms", "limit", 1000 * _KEY)


@cache
def _keys_to_pixels() -> list[float]:
    """Give the milliseconds that _KEYS keys took."""
    with (
        _served("kodeoplaeser") as token,
        sync_playwright() as playwright,
        chromium.launched(playwright) as browser,
    ):
        token.ask("PATCH", "token", {"rate": 1})
        page = browser.new_page()
        page.goto(f"{token.api.removesuffix('api/v1')}#{token.secret}")
        expect(page.locator("time")).not_to_be_empty()
        token.ask("POST", "press", {"keys": ["red"]})
        took = [float(page.evaluate(_KEY_TO_PIXEL)) for _ in range(_KEYS)]
        page.close()
    return took


# The keypad's digits are drawn as they are typed; each change of the canvas ends one wait.
_KEY_TO_PIXEL = """() => new Promise((resolve) => {
  const canvas = document.querySelector(".display"), context = canvas.getContext("2d");
  const drawn = () =>
    new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  const type = (kind) =>
    document.body.dispatchEvent(new KeyboardEvent(kind, { key: "5", bubbles: true }));
  const before = drawn(), began = performance.now();
  type("keydown");
  const look = () => {
    if (drawn().every((pixel, n) => pixel === before[n])) return void setTimeout(look, 1);
    const took = performance.now() - began;
    type("keyup");
    setTimeout(() => resolve(took), 700);
  };
  look();
})"""


def rebuilt_by_watch() -> Figure:
    """`emulate --watch` in a checkout: from a changed file of the firmware until the token, started
    anew, says hello with it."""
    with tempfile.TemporaryDirectory() as folder, _watched(Path(folder)) as link:
        version = Path(folder, "firmware", "version.py")
        found, numbers = version.read_text(), count(1)

        def change() -> None:
            number = f"9.9.{next(numbers)}"
            version.write_text(found.replace(VERSION, number))
            while _version_at(link) != number:
                pass

        took = best(change)
    return Figure("--watch, from a saved file to its hello", took, "s", "limit", _REBUILT)


@contextmanager
def _watched(folder: Path) -> Iterator[Path]:
    """Emulate a kodeviser with --watch, out of a copy of the sources in `folder`; give its link."""
    for tree in ("emulator", "firmware", "host_tools", "kodebrik"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(FIRMWARE.parent / tree, folder / tree, ignore=ignored)
    link = folder / "link"
    command = [*KODEBRIK, "emulate", "--watch", "--headless", "--json", "--link", str(link)]
    with subprocess.Popen(
        [*command, "--state", str(folder / "token")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield link
        finally:
            process.terminate()


def _version_at(link: Path) -> str | None:
    """Give the version that a token says, None while it starts anew."""
    try:
        transport = SerialTransport(str(link))
    except KodebrikError:
        return None
    try:
        return Channel(transport).hello().version
    except KodebrikError:
        return None
    finally:
        transport.close()


def figures() -> list[Callable[[], Figure]]:
    """List what is measured, in order."""
    return [
        key_by_http,
        picture_by_http,
        partial(key_to_pixel, "median", statistics.median),
        partial(key_to_pixel, "best", min),
        partial(processor_use, False),
        partial(processor_use, True),
        rebuilt_by_watch,
        partial(hello_after_garbage, "link"),
        partial(hello_after_garbage, "rfc2217"),
        memory_after_an_hour,
        memory_in_the_last_minutes,
    ]

"""What the page plays in ten minutes of the token's time, sample by sample.

The page's own player plays into an OfflineAudioContext, which stands still whenever pieces of the
sound arrive and otherwise renders as fast as it can. The pieces are those that the observer
publishes; they arrive late by a random time, in their order, on a sound card whose clock is fast.
What this does not show: that the browser's own thread for sound keeps up, and how late a busy
machine is at worst.
"""

import random
from array import array
from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, sync_playwright

from emulator.session import Emulator
from emulator.sound import RATE
from host_tools.desk.broadcast import Broadcast
from host_tools.desk.observer import Observer
from host_tools.desk.token import DeskToken
from tests.support import browser as chromium
from tests.support.emulated.desk import application, at_desk

MINUTES = 10
LATE = 0.06  # seconds by which a piece is late at most: what DELAY leaves beside the clocks
PPM = 100  # by which a sound card's clock is fast: 60 ms in ten minutes, by which pieces come later
GRID = RATE / 2  # spans of whole microseconds and whole samples begin at these, a second
QUANTUM = 128  # frames that a context renders at once (Web Audio API, section 2.4)

PLAY = """async ([frames, arrivals]) => {
  const { Player } = await import("/static/player.js");
  const RATE = 16000, QUANTUM = 128;
  // To the player the context runs on while pieces arrive.
  class Virtual extends OfflineAudioContext { get state() { return "running"; } }
  const context = new Virtual(1, frames, RATE);
  const player = new Player(context);
  const still = (n) => arrivals[n] && context.suspend((arrivals[n][0] * QUANTUM) / RATE);
  let next = still(0);
  const rendering = context.startRendering();
  for (let n = 0; next; n++) {
    await next;
    for (const piece of arrivals[n][1]) player.put(piece);
    next = still(n + 1);
    context.resume();
  }
  const played = (await rendering).getChannelData(0);
  const whole = Int16Array.from(played, (sample) => Math.round(32768 * sample));
  const samples = new Uint8Array(whole.buffer);
  let text = "";
  for (let at = 0; at < samples.length; at += 30000) {
    text += btoa(String.fromCharCode(...samples.subarray(at, at + 30000)));
  }
  const apart = (most, sample, n) => Math.max(most, Math.abs(32768 * played[n] - sample));
  const between = whole.reduce(apart, 0);
  return { text, between, underruns: player.underruns };
}"""


class Piece(NamedTuple):
    """A piece of sound as an event has it, and the token's time at which it was published."""

    published: float
    data: dict[str, Any]


class Spoken(NamedTuple):
    """What a token said from `start` on: as it was published, and as its bus carried it."""

    start: float
    pieces: list[Piece]
    samples: "array[int]"


class Played(NamedTuple):
    """What came out of the context, from its time 0 on."""

    samples: "array[int]"
    underruns: int


class Kept(Broadcast):
    """Keeps the pieces of sound."""

    heard = True

    def __init__(self, emulator: Emulator) -> None:
        """Nothing was published."""
        super().__init__()
        self.emulator = emulator
        self.pieces: list[Piece] = []

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Keep a piece of sound, and nothing else."""
        if kind == "sound":
            self.pieces.append(Piece(self.emulator.elapsed, data))


@pytest.fixture(scope="module")
def desk(
    images: Callable[[str], bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskToken]:
    """Put a kodeoplaeser on a desk."""
    folder = tmp_path_factory.mktemp("token")
    with at_desk("kodeoplaeser", images("kodeoplaeser"), folder, 0) as made:
        yield made


@pytest.fixture(scope="module")
def spoken(desk: DeskToken) -> Spoken:
    """Have it say a code every 12 seconds, looked at as the served token is: whenever some time has
    passed."""
    emulator, chance = desk.emulator, random.Random(1)
    kept = Kept(emulator)
    observer = Observer(emulator, kept)
    observer.look()
    start = int(emulator.elapsed * GRID) / GRID  # where the observer's next piece begins
    kept.pieces.clear()  # of the time before
    pressed = start
    while (now := emulator.elapsed) < start + 60 * MINUTES:
        if now >= pressed:
            emulator.press_down()
            pressed += 12
        elif now >= pressed - 11.8:
            emulator.release()
        emulator.advance(chance.uniform(0.002, 0.03))
        observer.look()
    end = int(emulator.elapsed * GRID) / GRID  # of what was published: it may still be speaking
    return Spoken(start, kept.pieces, emulator.audio(start, end).samples)


@pytest.fixture(scope="module")
def page(desk: DeskToken) -> Iterator[Page]:
    with (
        sync_playwright() as playwright,
        chromium.launched(playwright) as browser,
        chromium.served(application(desk)) as address,
    ):
        opened = browser.new_page()
        opened.goto(address)
        yield opened


def play(page: Page, spoken: Spoken, stall: tuple[float, float] = (0, 0)) -> Played:
    """Have the page's player play what was spoken. What is published in the span `stall` (seconds
    from the start) comes at its end."""
    chance = random.Random(2)
    arrivals, arrived = [], 0.0
    for published, data in spoken.pieces:
        time = published - spoken.start
        if stall[0] <= time < stall[1]:
            time = stall[1]
        arrived = max(arrived, (time + chance.uniform(0, LATE)) * (1 + PPM / 1e6))
        at = {**data, "start": data["start"] - spoken.start}
        arrivals.append((int(arrived * RATE / QUANTUM) + 1, at))
    grouped = [
        (quantum, [piece for _, piece in pieces])
        for quantum, pieces in groupby(arrivals, lambda arrival: arrival[0])
    ]
    frames = len(spoken.samples) + RATE
    told = page.evaluate(PLAY, [frames, grouped])
    assert told["between"] < 0.01, "a piece that begins between two frames is interpolated"
    return Played(array("h", b64decode(told["text"])), told["underruns"])


def onset(samples: "array[int]") -> int:
    """Give the place of the first sample that is not 0."""
    return next(place for place, sample in enumerate(samples) if sample)


def test_no_sample_of_ten_minutes_is_missing_or_late(page: Page, spoken: Spoken) -> None:
    sounding = sum(len(b64decode(piece.data["samples"])) // 2 for piece in spoken.pieces)
    assert sounding > 60 * MINUTES * RATE / 4, "the token speaks for a good part of it"
    played = play(page, spoken)
    assert played.underruns == 0
    by = onset(played.samples) - onset(spoken.samples)
    assert 0 < by < 0.3 * RATE, "all is late by one short time"
    silence = array("h", bytes(2 * len(played.samples)))
    expected = (silence[:by] + spoken.samples + silence)[: len(played.samples)]
    for place, (out, said) in enumerate(zip(played.samples, expected, strict=True)):
        # The last sample before the amplifier goes off is published before it is known to do so.
        assert out == said or (said == 0 != expected[place - 1]), place


def test_a_stall_longer_than_the_delay_is_an_underrun_that_is_counted(
    page: Page, spoken: Spoken
) -> None:
    began = next(time for time, _ in spoken.pieces if time > spoken.start + 60) - spoken.start
    played = play(page, spoken, stall=(began + 1, began + 1.4))
    assert played.underruns == 1

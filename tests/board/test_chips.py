"""The board's chips are written in JavaScript, from the same data sheets as the emulator's: they
must do the same with the same bytes."""

import json
import shutil
import subprocess
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.chips.ds3231 import Ds3231
from emulator.chips.sharp_lcd import SharpLcd
from emulator.chips.ssd1306 import Ssd1306
from emulator.clock import SimulationClock
from emulator.mcu.pins import Pins
from emulator.shims.records import OUT

CHIPS = Path(__file__).with_name("chips.mjs")
PANEL = {"width": 400, "height": 240, "select": 17, "enable": 20}
# Gives chips a board of nothing but pins, and does what each line of its input says.
HARNESS = """
import {{ createInterface }} from 'node:readline';
import * as chips from {path};
const pins = new Map();
const board = {{ now: 0, event() {{}}, onOutput: (pin, watcher) => pins.set(pin, watcher) }};
let chip;
const made = [];
for await (const line of createInterface({{ input: process.stdin }})) {{
  const [what, ...values] = JSON.parse(line);
  if (what === 'make') chip = new chips[values[0]](values[1], board, values[2]);
  else if (what === 'pin') pins.get(values[0])(values[1]);
  else if (what === 'now') board.now = values[0];
  else if (what === 'pixels') made.push([...chip.pixels()]);
  else if (what === 'read') {{
    chip.beginRead();
    made.push(Array.from({{ length: values[0] }}, () => chip.read()));
  }} else if (what === 'spi') values[0].forEach((byte) => chip.spi(byte));
  else chip[what](...values);
}}
console.log(JSON.stringify(made));
"""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="there is no Node.js, which make board needs"
)


def done(steps: list[list[Any]]) -> list[bytes]:
    """Do that to a chip of the board; give what it answered."""
    process = subprocess.run(
        ["node", "--input-type=module", "-e", HARNESS.format(path=json.dumps(CHIPS.as_uri()))],
        input="".join(json.dumps(step) + "\n" for step in steps),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [bytes(answer) for answer in json.loads(process.stdout)]


def board() -> SimpleNamespace:
    return SimpleNamespace(
        clock=SimulationClock(), pins=Pins(), random=Random, load_changed=lambda: None
    )


def ssd1306_messages(random: Random) -> list[bytes]:
    """Give a beginning that writes all of the memory, then windows, modes, remaps and data."""
    messages = [
        b"\x00" + bytes((0x8D, 0x14, 0x20, 0, 0xA1, 0xC8, 0xAF)),
        b"\x40" + random.randbytes(1024),
    ]
    for _ in range(60):
        first, second = sorted(random.sample(range(128), 2))
        top, bottom = sorted(random.sample(range(8), 2))
        messages.append(
            random.choice(
                [
                    bytes((0x00, 0x21, first, second, 0x22, top, bottom)),
                    bytes((0x80, 0x20, 0x80, random.randrange(3))),
                    bytes((0x00, random.choice((0xA0, 0xA1, 0xA6, 0xA7, 0xC0, 0xC8)))),
                    bytes((0x00, random.choice((0xAE, 0xAF)), 0xAF)),
                    bytes((0x00, 0xB0 | top, first & 15, 0x10 | first >> 4, 0x81, 0xAE, 0xD3, 0)),
                    b"\x40" + random.randbytes(random.randrange(1, 300)),
                    bytes((0xC0, random.randrange(256), 0x40)) + random.randbytes(9),
                ]
            )
        )
    return [*messages, b"\x00\xae"]  # off at last


@pytest.mark.parametrize("seed", range(5))
def test_ssd1306_shows_the_same_pixels_after_each_message(seed: int):
    part = {"width": 128, "height": 64}
    chip = Ssd1306(part, board())
    chip.mcu_power(True)
    steps: list[list[Any]] = [["make", "Ssd1306", part]]
    wanted = []
    for number, message in enumerate(ssd1306_messages(Random(seed))):
        chip.write(message)
        steps.append(["write", list(message)])
        if number:
            wanted.append(chip.pixels())
            steps.append(["pixels"])
    assert done(steps) == wanted
    assert len(set(wanted)) > 10


@pytest.mark.parametrize("seed", range(3))
def test_sharp_lcd_shows_the_same_pixels_after_each_transfer(seed: int):
    random = Random(seed)
    surroundings = board()
    chip = SharpLcd(PANEL, surroundings)
    chip.mcu_power(True)
    steps: list[list[Any]] = [["make", "SharpLcd", PANEL]]
    wanted = []

    def pin(number: int, level: int) -> None:
        surroundings.pins.configure(number, OUT, 0, level)
        steps.append(["pin", number, level])

    def turned(byte: int) -> int:
        return int(f"{byte:08b}"[::-1], 2)

    pin(PANEL["enable"], 1)
    for number in range(8):
        transfer = b"\x20\0"  # clears
        if number:
            rows = random.sample(range(1, 241), random.randrange(1, 40))
            lines = [bytes((turned(row),)) + random.randbytes(50) + b"\0" for row in rows]
            transfer = b"\x80" + b"".join(lines) + b"\0"
        pin(PANEL["select"], 1)
        chip.spi_write(transfer, 0, 2_000_000)
        steps.append(["spi", list(transfer)])
        pin(PANEL["select"], 0)
        wanted.append(chip.pixels())
        steps.append(["pixels"])
    assert done(steps) == wanted
    assert len(set(wanted)) == 8


@pytest.mark.parametrize(
    "unix", [946_684_800, 1_767_268_801, 1_709_164_799, 1_798_761_598, 4_102_444_799 - 3]
)
def test_ds3231_counts_and_is_set_as_the_emulators(unix: int):
    surroundings = board()
    chip = Ds3231({}, surroundings)
    chip.set_unix(unix)
    steps: list[list[Any]] = [["make", "Ds3231", {}, unix]]
    wanted = []
    moment = 0

    def read(seconds: float) -> None:
        nonlocal moment
        moment += round(seconds * 1e6)
        surroundings.clock.run_to(moment)
        steps.append(["now", moment * 1000])
        chip.write(b"\0")
        steps.append(["write", [0]])
        wanted.append(chip.read(0x11))
        steps.append(["read", 0x11])

    for seconds in (0, 0.999, 0.002, 1.5):
        read(seconds)
    time_set = bytes((0, 0x58, 0x59, 0x23, 3, 0x28, 0x02, 0x28))  # 2028-02-28 23:59:58
    for message in (time_set, bytes((0x0E, 0x1C, 0x00, 5))):
        chip.write(message)
        steps.append(["write", list(message)])
    for seconds in (0, 1.9, 0.2, 86_400):
        read(seconds)
    assert done(steps) == wanted
    assert wanted[-1][4:6] == bytes((0x01, 0x03))  # a leap year: 29 February lies between


def test_ds3231_that_lost_the_time_says_so():
    chip = Ds3231({}, board())
    chip.write(b"\0")
    assert done([["make", "Ds3231", {}, None], ["write", [0]], ["read", 16]]) == [chip.read(16)]

"""The kodeoplæser: its voice and its packs. Each function gives one Figure."""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from emulator.session import Emulator
from firmware.speech.pack import RATE
from host_tools.image.image import build_image, build_tree, load_board, load_product
from host_tools.voice import build, languages, store
from host_tools.voice.synthesis import espeak
from tests.bench import heap
from tests.bench.figure import Figure
from tests.bench.references import vm_start
from tests.board import paced, run_through
from tests.board.figures import FILES, FROZEN
from tests.support.emulated.token import START, TokenUnderTest, totp
from tests.support.runtime import MicroPython, compile_modules

PRODUCT, BOARD = "kodeoplaeser", "pico2"
_DAY = 86400
_PRESSES = 73  # a fifth of a year
_WORDS_A_MINUTE = 150
_BUILD = 3  # of saying each phrase once
# Of 365 bare VM starts. It was to become half of what it took on 22 November 2026 (038aa9ec): then
# 33.5 s, 7.1 starts of 13 ms; that code, run again a week later, took 8.4 starts of the same run.
_YEAR = 4
_RATE_US = 62.5  # a sample, at 16 kHz
_WATCHED = 12.0  # seconds from a press on
_DRY = 100  # ms; a listener takes a longer one for the end of a phrase
_LEAST_HEAP, _MOST_HEAP = 60, 192  # KiB; the emulator's default is the larger one


def audio_path() -> Figure:
    """Reading, decoding and scaling a voice pack's samples on the VM, against the time in which
    they sound."""
    with tempfile.TemporaryDirectory() as folder:
        vm = MicroPython(compile_modules(Path(folder)))
        path = Path(folder, "voice.kvp")
        path.write_bytes(store.pack("da"))
        took = vm.call("tests.support.vm.timing", "audio_us", str(path))
        vm.close()
    return Figure("audio path on the VM", took, "µs a sample", "real time", _RATE_US)


def press_to_sound(awake: bool) -> Figure:
    """Virtual time from pressing the key to the first sample, without the processor's own work."""
    with tempfile.TemporaryDirectory() as folder, _provisioned(folder) as emulator:
        emulator.unplug()
        emulator.advance(1)
        if awake:
            emulator.press()
            emulator.advance(30)
        began = emulator.elapsed
        emulator.press_down()
        emulator.advance(1)
        first = emulator.audio(began).onset()
        assert first is not None
    name = "press to first sound, " + ("while on" if awake else "from power-on")
    return Figure(name, 1000 * (first - began), "ms", "budget", 300)


def pack_build(language: str) -> Figure:
    """Building one language's voice pack, against the synthesiser saying each of its phrases once,
    one after another."""
    loaded = languages.load(language)
    began = time.perf_counter()
    build.build(loaded)
    took = time.perf_counter() - began
    began = time.perf_counter()
    for text in loaded.phrases.values():
        espeak.say(text, loaded.voice.name, _WORDS_A_MINUTE)
    alone = time.perf_counter() - began
    name = f"building the voice pack '{language}'"
    return Figure(name, took, "s", "saying each phrase once", alone, _BUILD)


def pack_size(language: str) -> Figure:
    """One language's voice pack, against half of what the smallest board's file system has beside
    the firmware."""
    tree = build_tree(PRODUCT, "pico")
    code = sum(len(content) for path, content in tree.items() if not path.endswith(".kvp"))
    room = (load_board("pico")["filesystem"]["size"] - code) / 2
    return Figure(
        f"voice pack '{language}'", len(store.pack(language)) / 1024, "KiB", "room", room / 1024
    )


def year_of_presses() -> Figure:
    """One press a day for a fifth of a year, each spoken to its end; scaled to a year."""
    with tempfile.TemporaryDirectory() as folder, _provisioned(folder) as emulator:
        emulator.unplug()
        emulator.advance(70)
        began = time.perf_counter()
        for _ in range(_PRESSES):
            emulator.press()
            emulator.advance(_DAY)
        took = (time.perf_counter() - began) * 365 / _PRESSES
        assert not emulator.powered
    return Figure(
        "a year of one spoken code a day", took, "s", "365 VM starts", 365 * vm_start(), _YEAR
    )


def dry_ring(form: str) -> Figure:
    """Silence that a code from power-on has where the processor takes an RP2040's time, and not
    where it takes none: the ring of samples ran dry meanwhile."""
    lengths = []
    with tempfile.TemporaryDirectory() as folder:
        blank = paced.PacedParts(PRODUCT, Path(folder, "provisioned"), "rp2040", form)
        flash = run_through.provision(blank, run_through.Figures(PRODUCT))
        for pace in ("rp2040", None):
            parts = paced.PacedParts(PRODUCT, Path(folder, str(pace)), pace, form)
            shown = run_through.press(parts, flash, run_through.Figures(PRODUCT), _WATCHED)
            lengths.append(len(shown.samples))
    dry = 1000 * (lengths[0] - lengths[1]) / RATE
    return Figure(f"{form}: dry ring, by the pace", dry, "ms", "budget", _DRY)


def least_heap() -> Figure:
    """As the kodeviser's figure, ending with a spoken code."""
    needed = heap.least(_runs_in, _LEAST_HEAP, _MOST_HEAP) - heap.emulators_share()
    return Figure("least heap that speaks and serves", needed, "KiB", "budget", 120)


def _runs_in(size: str) -> bool:
    with tempfile.TemporaryDirectory() as folder, _token(folder, size) as emulator:
        try:
            heap.provision_fully(emulator)
            for _ in range(3):
                emulator.press()
                emulator.advance(20)
                if emulator.audio(emulator.elapsed - 19).onset() is None:
                    return False
        except Exception:  # with too small a heap anything may fail, and that is the answer
            return False
    return True


def _token(folder: str, size: str = f"{_MOST_HEAP}wk") -> Emulator:
    content = build_image(PRODUCT, BOARD, production=True)
    return Emulator(PRODUCT, BOARD, folder, image=content, time=START, heap=size)


def _provisioned(folder: str) -> Emulator:
    emulator = _token(folder)
    TokenUnderTest(emulator).provision(totp())
    return emulator


def figures() -> list[Callable[[], Figure]]:
    """List what is measured, in order."""
    packs = load_product(PRODUCT)["image_languages"]
    return [
        audio_path,
        lambda: press_to_sound(awake=True),
        lambda: press_to_sound(awake=False),
        *(partial(pack_build, name) for name in packs),
        *(partial(pack_size, name) for name in packs),
        year_of_presses,
        least_heap,
        *(partial(dry_ring, form) for form in (FILES, FROZEN)),
    ]

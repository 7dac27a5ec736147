"""The firmware on the VM, and the kodeviser in the emulator. Each function gives one Figure."""

import base64
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import pyotp

from emulator.mcu.vm import find_vm
from emulator.session import Emulator
from host_tools.image.image import build_image, build_tree, load_board, load_product
from host_tools.otp import codes
from tests.bench import heap
from tests.bench.figure import Figure
from tests.bench.references import best, quickest_vm_start, vm_start
from tests.board import figures as table
from tests.board import paced
from tests.support.emulated.token import SECRET, START, TokenUnderTest, digits, totp
from tests.support.runtime import MicroPython, compile_modules

_DAY = 86400
_ROUNDS = 10
# Budgets as multiples of a bare VM start of the same run. The year's is what it took on 22 November
# 2026 (038aa9ec): 4.6 s, 1.0 starts of 13 ms; that code, run again a week later, took 1.8.
_IMPORTS, _START, _YEAR = 3, 5, 1
_PRODUCTS, _FORMS = ("kodeviser", "kodeoplaeser"), (table.FILES, table.FROZEN)
_LEAST_HEAP, _MOST_HEAP = 8, 224  # KiB; the emulator's default is the larger one


def hotp_on_the_vm() -> Figure:
    """HOTP with the VM's own SHA-1 against the same HOTP with SHA-1 in Python, both inside the
    VM."""
    with tempfile.TemporaryDirectory() as folder:
        timing, vm = "tests.support.vm.timing", MicroPython(compile_modules(Path(folder)))
        ours = min(vm.call(timing, "hotp_us", 500) for _ in range(_ROUNDS))
        peer = min(vm.call(timing, "hotp_in_python_us", 50) for _ in range(_ROUNDS))
        vm.close()
    return Figure("HOTP code on the VM", ours, "µs", "SHA-1 in pure Python", peer, 0.1)


def press_to_frame(awake: bool) -> Figure:
    """Virtual time from pressing the button until the last byte of the code's frame is on the bus.

    It includes bouncing, debouncing, bus transfers and flash, and excludes the processor's own
    work.
    """
    with tempfile.TemporaryDirectory() as folder, provisioned(folder) as emulator:
        if not awake:
            emulator.unplug()
            emulator.advance(1)
        began = emulator.now
        emulator.press_down()
        emulator.run_until(lambda: emulator.display_on, 1)
        took = 1000 * (emulator.now - began)
        assert digits(emulator.screen_text())
    name = "press to complete frame, " + ("awake" if awake else "from power-on") + ", bus time"
    return Figure(name, took, "ms", "budget with the processor's work", 60 if awake else 400)


def imports() -> Figure:
    """Start a VM and import what a kodeviser imports until its first code, drivers excluded,
    against starting a bare VM.

    On an RP2040 the same takes hundreds of milliseconds: the ratio shows a change, not the duration
    there.
    """
    product = load_product("kodeviser")
    names = [
        "link.session",
        "storage.vault",
        "ui.app",
        f"ui.{product['interface']}.texts_da",
        f"ui.{product['interface']}.interaction",
        f"products.fonts.{product['text_font']}",
        f"products.fonts.{product['code_fonts'][6]}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        modules = compile_modules(Path(folder))
        program = "import " + ", ".join(f"firmware.{name}" for name in names) + "\nprint('done')"
        _, command = find_vm()
        environment = os.environ | {"MICROPYPATH": f"{modules}:.frozen"}

        def start() -> None:
            told = subprocess.check_output([*command, "-c", program], env=environment)
            if told != b"done\n":  # an error does not show in the exit code
                raise RuntimeError("the VM imports not all of them")

        took = best(start)
    return Figure(
        "imports until the first code, on the VM",
        1000 * took,
        "ms",
        "VM start",
        1000 * quickest_vm_start(),
        _IMPORTS,
    )


def start_to_first_code() -> Figure:
    """From making the emulator to the code read off its pixels, of a token that is already
    provisioned."""
    with tempfile.TemporaryDirectory() as folder:
        provisioned(folder).close()

        def start() -> None:
            with Emulator(state=folder) as emulator:
                emulator.press()
                digits(emulator.screen_text())

        return Figure(
            "emulator start to first code",
            best(start),
            "s",
            "VM start",
            quickest_vm_start(),
            _START,
        )


def year_of_presses() -> Figure:
    """One press a day for a year, each from power-on to power-off."""
    with tempfile.TemporaryDirectory() as folder, provisioned(folder) as emulator:
        emulator.unplug()
        emulator.advance(1)
        began = time.perf_counter()
        for _ in range(365):
            emulator.press()
            emulator.advance(_DAY)
        took = time.perf_counter() - began
        assert not emulator.powered
    return Figure("a year of one press a day", took, "s", "365 VM starts", 365 * vm_start(), _YEAR)


def host_codes() -> Figure:
    """Codes a second of the host's own implementation, against pyotp's."""
    peer = pyotp.TOTP(base64.b32encode(SECRET).decode())
    count = 5000
    ours = best(lambda: [codes.totp(SECRET, START + n, 30, 6, "SHA1") for n in range(count)])
    theirs = best(lambda: [peer.at(START + n) for n in range(count)])
    return Figure(
        "codes the host verifies", count / ours, "1/s", "pyotp", count / theirs, more_is_better=True
    )


def least_heap() -> Figure:
    """The smallest heap in which a token boots, is claimed, takes eight accounts and shows their
    codes.

    The heap's size is scaled to an RP2040's words of four bytes. In a VM of 64-bit words this is an
    underestimate: code, texts and buffers are not twice as large there, but are scaled too. A
    32-bit VM, named in KODEBRIK_MICROPYTHON, gives the true figure. The share of the emulator's
    modules, which a board has not, is taken off.
    """
    needed = heap.least(_runs_in, _LEAST_HEAP, _MOST_HEAP) - heap.emulators_share()
    return Figure("least heap that serves", needed, "KiB", "budget", 120)


def _runs_in(size: str) -> bool:
    image = build_image("kodeviser", "pico", production=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(state=folder, image=image, time=START, heap=size) as emulator,
    ):
        try:
            heap.provision_fully(emulator)
            for _ in range(8):
                emulator.press()
                digits(emulator.screen_text()[-1:])
        except Exception:  # with too small a heap anything may fail, and that is the answer
            return False
    return True


def image_size() -> Figure:
    """The files of a token against the file system of the smallest board."""
    size = sum(len(content) for content in build_tree("kodeviser", "pico").values())
    return Figure(
        "firmware in the image",
        size / 1024,
        "KiB",
        "file system",
        load_board("pico")["filesystem"]["size"] / 1024,
    )


def provisioned(folder: str) -> Emulator:
    """Make a token with one account; it is plugged in."""
    emulator = Emulator(state=folder, image=build_image("kodeviser", "pico"), time=START)
    TokenUnderTest(emulator).provision(totp())
    return emulator


def _paced(product: str, form: str) -> list[Callable[[], Figure]]:
    """List times of an RP2040 by the emulator's pace: virtual time, which no machine changes."""
    measured: dict[str, float] = {}

    def figure(name: str) -> Figure:
        if not measured:
            measured.update(paced.measured(product, form=form))
        limit = table.budget(product, form, name)
        assert limit is not None
        what = f"{product}, {form}: {name}, by the pace"
        return Figure(what, measured[name], "ms", "budget", limit)

    return [lambda name=name: figure(name) for of, name in table.BUDGETS if of == product]  # type: ignore[misc]


def figures() -> list[Callable[[], Figure]]:
    """List what is measured, in order."""
    return [
        hotp_on_the_vm,
        lambda: press_to_frame(awake=True),
        lambda: press_to_frame(awake=False),
        imports,
        start_to_first_code,
        year_of_presses,
        host_codes,
        least_heap,
        image_size,
        *(partial(heap.largest_free_block, *of) for of in product(_PRODUCTS, _FORMS)),
        *(figure for of in product(_PRODUCTS, _FORMS) for figure in _paced(*of)),
    ]

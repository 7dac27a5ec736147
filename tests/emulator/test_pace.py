"""The processor's time in the emulator: virtual time that computing takes, always alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.errors import EmulatorError
from emulator.pace import COSTS, RP2040, Function, arguments
from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.support.emulated.images import image

ENDLESS = "time.sleep(9)"


@pytest.fixture
def took(tmp_path: Path) -> Callable[..., int]:
    """Give the microseconds that a program takes by its own clock."""

    def run(program: str, setup: str = "", pace: str | None = "rp2040") -> int:
        lines = "\n    ".join(program.splitlines())
        main = (
            f"import gc, time\n{setup}\ndef run():\n    {lines}\n"
            f"a = time.ticks_us()\nrun()\nprint(time.ticks_diff(time.ticks_us(), a))\n{ENDLESS}"
        )
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        with Emulator(state=folder, image=image(main), pace=pace) as emulator:
            emulator.plug()
            emulator.run_until(lambda: b"\n" in emulator.link.received, 60)
            return int(emulator.port.read(0).split()[0])

    return run


def test_without_pace_computing_takes_no_time(took: Callable[..., int]) -> None:
    assert took("x = [n * n for n in range(500)]", pace=None) < 10


def test_computing_takes_time_in_proportion(took: Callable[..., int]) -> None:
    nothing, some, twice = (took(f"for n in range({count}): x = (n, n)") for count in (0, 100, 200))
    assert some - nothing > 1000
    assert twice - nothing == pytest.approx(2 * (some - nothing), rel=0.1)


def test_a_collection_takes_longer_the_more_is_alive(took: Callable[..., int]) -> None:
    empty = took("gc.collect()")
    full = took("gc.collect()", "kept = [(n, [n]) for n in range(500)]")
    assert empty > RP2040["collection"] / 1000  # type: ignore[operator]
    assert full - empty > 3000


def test_collections_that_nobody_asked_for_take_time_too(took: Callable[..., int]) -> None:
    program = "for n in range(300): x = bytearray(200)"
    often = took(program, "gc.collect()\ngc.threshold(2000)")
    seldom = took(program, "gc.collect()\ngc.threshold(-1)")
    assert often - seldom > 10 * RP2040["collection"] / 1000  # type: ignore[operator]


def test_hashes_and_ciphers_take_time_by_their_bytes_and_give_the_same(
    took: Callable[..., int],
) -> None:
    setup = "import uhashlib, ucryptolib, binascii\nb = bytes(4096)"
    short = took("uhashlib.sha256(b[:1]).digest()", setup)
    long = took("uhashlib.sha256(b).digest()", setup)
    assert long - short > 4000 * RP2040["hashed"] / 1000  # type: ignore[operator]
    right = "assert uhashlib.sha1(b'abc').digest()[:2] == b'\\xa9\\x99'"
    assert took(right, setup) > 0
    assert took("ucryptolib.aes(bytes(32), 1).encrypt(b)", setup) > 4096 * 2


def test_the_same_run_takes_the_same_time_to_the_microsecond(tmp_path: Path) -> None:
    traces = []
    content = build_image("kodeviser", "pico")
    for name in ("one", "another-name"):
        trace = tmp_path / f"{name}.trace"
        with (
            trace.open("wb") as file,
            Emulator(state=tmp_path / name, image=content, pace="rp2040") as emulator,
        ):
            emulator.mcu.trace = file
            emulator.press()
            emulator.advance(12)
        traces.append(trace.read_bytes())
    assert len(traces[0]) > 1000
    assert traces[0] == traces[1]


def test_the_pixels_are_those_of_a_token_without_pace(tmp_path: Path) -> None:
    pictures = set()
    content = build_image("kodeviser", "pico")
    for pace in (None, *COSTS):
        with Emulator(state=tmp_path / str(pace), image=content, pace=pace) as emulator:
            emulator.press()
            emulator.advance(1)
            pictures.add(emulator.screen().data)
    assert len(pictures) == 1


def test_a_faster_processor_draws_earlier(tmp_path: Path) -> None:
    times = {}
    content = build_image("kodeviser", "pico")
    for pace in (None, "rp2350", "rp2040"):
        with Emulator(state=tmp_path / str(pace), image=content, pace=pace) as emulator:
            emulator.press_down()
            assert emulator.run_until(lambda: emulator.display_on, 2)
            times[pace] = emulator.elapsed
    assert times[None] < times["rp2350"] < times["rp2040"]


def test_every_function_with_a_cost_is_one_of_the_firmware() -> None:
    for dotted in (name for name in RP2040 if "." in name):
        where, _, name = dotted.rpartition(".")
        parts = where.split(".")
        inside = f"class {parts.pop()}" if parts[-1][0].isupper() else ""
        text = Path(*parts).with_suffix(".py").read_text(encoding="utf-8")
        assert inside in text, dotted
        assert f"def {name}(" in text, dotted


def test_costs_reach_the_vm_in_short_arguments() -> None:
    # MicroPython's unix port makes names of its arguments, of at most 255 bytes
    for costs in COSTS.values():
        assert all(len(argument) < 255 for argument in arguments(costs))
    assert arguments({"a.b": Function(call=1, each=3)}) == ["a.b:1,0,0,3"]


def test_the_largest_free_block_of_the_heap_is_told_on_the_scale_of_a_board(tmp_path: Path) -> None:
    main = """
import gc, time
kept = []
while gc.mem_free() > 60_000:
    kept += [bytearray(1000), bytearray(1000)]
for n in range(0, len(kept), 2):
    kept[n] = None
time.sleep(9)
"""
    with Emulator(state=tmp_path / "t", image=image(main)) as emulator:
        with pytest.raises(EmulatorError, match="off"):
            emulator.heap()
        emulator.plug()
        emulator.advance(1)
        until = emulator.mcu.deadline
        heap = emulator.heap()
        assert 40_000 < heap.largest_block < 70_000 < heap.free
        assert emulator.heap().largest_block == heap.largest_block
        assert emulator.mcu.deadline == until
        assert not emulator.link.received


def test_the_heap_is_not_told_while_the_prompt_runs(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "t", image=image("pass")) as emulator:
        emulator.plug()
        emulator.advance(1)
        with pytest.raises(EmulatorError, match="wait"):
            emulator.heap()

"""Voice packs on the token: decoder, cuts and reader, on CPython and on the VM, against the host's
code."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import cbor2
import miniaudio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.voice import adpcm, packfile, time_scale
from tests.support.runtime import CPython, MicroPython, Runtime, refuses

DRIVER = "tests.firmware.speech.vm_speech"
DESCRIPTION = {
    "language": "da",
    "voice": "da+f5",
    "rate": 16000,
    "speeds": [60, 100],
    "review": None,
}


@pytest.fixture(scope="module", params=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """Return a separate runtime: a whole clip is returned as a literal, too large for a token's
    heap."""
    if request.param == "cpython":
        chosen: Runtime = CPython()
    else:
        chosen = MicroPython(request.getfixturevalue("vm_modules"), heap="1024wk")
    yield chosen
    chosen.close()


def clip(
    name: str, speed: int, seconds: float = 0.3, factor: float = 1, level: int = 128
) -> packfile.Clip:
    """Return a voiced sound with a pitch of its own and noise in the middle."""
    dice = np.random.default_rng(sum(name.encode()))
    time = np.arange(round(16000 * seconds)) / 16000
    pitch = 2 * np.pi * (120 + sum(name.encode()) % 100) * time
    sound = sum(np.sin(pitch * n) / n for n in range(1, 12)) * np.hanning(len(time)) * 8000
    sound += dice.normal(0, 1500, len(time)) * np.hanning(len(time)) ** 8
    first, data = adpcm.encode(sound.astype(np.int16))
    cuts = time_scale.cuts(adpcm.decode(first, data, len(time)), factor)
    return packfile.Clip(name, speed, first, data, len(time), tuple(cuts), level)


CLIPS = [
    clip(name, speed, 0.1 * speed)
    for name in ("0", "1", "volume", "volume_up", "x" * 15)
    for speed in (1, 2, 5)
]
CLIPS += [
    clip("long", 1, 0.8, 1.4, 101),
    clip("long", 2, 0.8, 1),
    clip("long", 3, 0.8, 0.7),
    clip("odd", 1, 777 / 16000),
]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("voice") / "da.kvp"
    path.write_bytes(packfile.dump(DESCRIPTION, CLIPS))
    return str(path)


def read(
    runtime: Runtime, path: str, wanted: packfile.Clip, size: int = 640, gain: int = 256
) -> list[int]:
    heard = runtime.call(DRIVER, "read", path, [(wanted.name, wanted.speed)], size, gain)[0]
    return np.frombuffer(heard, "<i2").tolist()


def wav_of(first: int, data: bytes) -> bytes:
    """Return an IMA-ADPCM WAV file of one block, whose header's sample is played first."""
    block = struct.pack("<hBB", 0, first, 0) + data
    form = struct.pack("<HHIIHHHH", 0x11, 1, 16000, 8000, len(block), 4, 2, 2 * len(data) + 1)
    body = (
        b"WAVEfmt "
        + struct.pack("<I", len(form))
        + form
        + b"data"
        + struct.pack("<I", len(block))
        + block
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@given(st.integers(0, 88), st.binary(min_size=400, max_size=400))
@settings(max_examples=40, deadline=None)
def test_adpcm_equals_dr_wav(runtime: Runtime, first: int, data: bytes):
    expected = (
        miniaudio.decode(wav_of(first, data), nchannels=1, sample_rate=16000).samples[1:].tolist()
    )
    for plain in (True, False):
        assert runtime.call(DRIVER, "decoded", plain, first, data, 800)[: len(expected)] == expected
    assert adpcm.decode(first, data, 800)[: len(expected)].tolist() == expected
    assert len(expected) >= 792


def test_the_vm_uses_machine_code_where_it_loads(runtime: Runtime):
    assert runtime.call(DRIVER, "native") is isinstance(runtime, MicroPython)


@given(
    st.lists(
        st.sampled_from([-32768, -32767, -1, 0, 1, 255, 12345, 32767]), min_size=1, max_size=99
    ),
    st.integers(0, 90000),
    st.integers(-640, 640),
    st.integers(0, 63),
    st.integers(0, 256),
)
@settings(max_examples=60, deadline=None)
def test_native_and_plain_mixing_are_equal(
    runtime: Runtime, values: list[int], old: int, jump: int, faded: int, gain: int
):
    count = 64 - faded
    plain, chosen = (
        runtime.call(DRIVER, "mixed", plain, values, old, max(0, old + jump), faded, count, gain)
        for plain in (True, False)
    )
    assert plain == chosen
    assert plain[0] == values[old % 1024 % len(values)] * gain >> 8


@pytest.mark.parametrize("plain", [True, False])
def test_silence_clears_exactly_its_range(runtime: Runtime, plain: bool):
    for at, count in ((0, 0), (0, 10), (3, 4), (10, 0)):
        left = runtime.call(DRIVER, "silenced", plain, 10, at, count)
        assert left == [7] * at + [0] * count + [7] * (10 - at - count)


def test_every_clip_reads_as_the_host_renders_it(runtime: Runtime, pack: str):
    dice = random.Random(4)
    order = dice.sample(CLIPS, len(CLIPS))
    for size in (1, 63, 640):
        for each in order if size > 1 else order[:2]:
            assert read(runtime, pack, each, size) == each.samples().tolist(), (
                each.name,
                each.speed,
                size,
            )


def test_a_clip_can_be_played_twice(runtime: Runtime, pack: str):
    twice = runtime.call(DRIVER, "read", pack, [("volume", 2), ("0", 1), ("volume", 2)], 640, 256)
    assert twice[0] == twice[2]


def test_gain_scales_every_sample(runtime: Runtime, pack: str):
    full, half, none = (read(runtime, pack, CLIPS[-2], 100, gain) for gain in (256, 128, 0))
    assert half == [sample >> 1 for sample in full]
    assert set(none) == {0}


def test_the_index_gives_all_names_in_order(runtime: Runtime, pack: str):
    assert runtime.call(DRIVER, "names", pack) == sorted((each.name, each.speed) for each in CLIPS)


def test_the_description_and_the_checksum_are_read(runtime: Runtime, pack: str):
    assert runtime.call(DRIVER, "described", pack) == (DESCRIPTION, True)


@pytest.mark.parametrize(
    ("name", "speed"),
    [("2", 1), ("0", 3), ("0", 0), ("volum", 1), ("volume_", 1), ("", 1), ("zz", 1)],
)
def test_a_missing_clip_is_refused(runtime: Runtime, pack: str, name: str, speed: int):
    refuses(runtime, "KeyError", DRIVER, "read", pack, [(name, speed)], 100, 256)


def test_nothing_sounds_after_a_stop(runtime: Runtime, pack: str):
    for speed in (1, 2, 3):
        assert runtime.call(DRIVER, "stopped", pack, "long", speed) == (200, 0)


def test_reading_a_clip_allocates_nothing(runtime: Runtime, pack: str):
    if not isinstance(runtime, MicroPython):
        pytest.skip("CPython's heap does not matter")
    for speed in (1, 2, 3):
        assert runtime.call(DRIVER, "allocated", pack, "long", speed) == 0


def test_other_and_cut_off_files_are_refused(runtime: Runtime, pack: str, tmp_path: Path):
    whole = Path(pack).read_bytes()
    for number, content in enumerate(
        (b"", b"KVP2", b"KVP1" + whole[4:], b"RIFF" + whole[4:], whole[:-1], whole + b"\0")
    ):
        path = tmp_path / f"{number}.kvp"
        path.write_bytes(content)
        refuses(runtime, "ValueError", DRIVER, "names", str(path))


def test_no_damage_passes_the_checksum_or_crashes_the_reader(
    runtime: Runtime, pack: str, tmp_path: Path
):
    whole = Path(pack).read_bytes()
    described = 16 + len(cbor2.dumps(DESCRIPTION, canonical=True))
    dice = random.Random(5)
    path = tmp_path / "damaged.kvp"
    places = [dice.randrange(described, described + 40 * len(CLIPS)) for _ in range(60)]
    for place in [*places, *(dice.randrange(16, len(whole)) for _ in range(20))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(Exception, match="checksum"):
            packfile.load(bytes(damaged))
        if place > described:
            assert runtime.call(DRIVER, "described", str(path))[1] is False
        for each in (CLIPS[0], CLIPS[-2]):
            try:
                runtime.call(DRIVER, "read", str(path), [(each.name, each.speed)], 640, 256)
            except Exception as error:
                assert getattr(error, "kind", None) in {"KeyError", "OSError", "ValueError"}, (
                    place,
                    error,
                )


def test_the_host_reads_what_it_wrote(pack: str):
    description, clips = packfile.load(Path(pack).read_bytes())
    assert description == DESCRIPTION
    assert clips == sorted(CLIPS, key=lambda each: (each.name, each.speed))


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2, 1.4])
def test_cuts_change_the_length_and_not_the_pitch(factor: float):
    plain, changed = clip("long", 1, 2), clip("long", 1, 2, factor)
    assert changed.duration / plain.duration == pytest.approx(factor, abs=0.03)
    assert len(changed.samples()) == changed.duration
    pitches = [
        np.abs(np.fft.rfft(each.samples(), 1 << 16))[100:2000].argmax() for each in (plain, changed)
    ]
    assert pitches[0] == pytest.approx(pitches[1], rel=0.02)

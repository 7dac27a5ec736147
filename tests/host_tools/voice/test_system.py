"""The operating system's voices: as clips of a pack, and speaking for an emulated token."""

import dataclasses
import json
import struct
import sys
from pathlib import Path

import miniaudio
import numpy as np
import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import build, check, languages, levels, packfile, playback
from host_tools.voice.recognition import digits
from host_tools.voice.synthesis import aiff, pyttsx3
from host_tools.voice.synthesis.engine import SYSTEM

DA = languages.load("da")
FEW = dataclasses.replace(DA, phrases={key: DA.phrases[key] for key in ("4", "8", "volume")})


@pytest.fixture(scope="module")
def few() -> tuple[dict, list[packfile.Clip]]:
    return packfile.load(build.build(FEW, engine=SYSTEM))


def test_a_pack_can_be_spoken_by_the_systems_voice(few):
    description, clips = few
    assert description["engine"].startswith("pyttsx3")
    assert description["voice"] == description["digit_voice"] == pyttsx3.voice("da")
    assert "operating system" in description["licence"]
    assert check.faults(clips, check.measure(clips), set(FEW.phrases)) == []


def test_each_clip_says_its_own_text(few):
    clips = {(clip.name, clip.speed): clip.samples() for clip in few[1]}
    pause = np.zeros(6000, np.int16)
    heard = np.concatenate([clips["8", 3], pause, clips["4", 3], pause, clips["4", 3], pause])
    assert digits.digits_in(heard, "da") == "844"


def test_a_faster_rate_is_shorter():
    slow, fast = (levels.trim(pyttsx3.synthesise("Lydstyrke", "da", rate)) for rate in (120, 240))
    assert len(fast) < 0.75 * len(slow)


def test_english_is_not_the_first_of_its_dialects():
    assert pyttsx3.voice("en").rpartition("/")[2] == "en" or sys.platform != "linux"


def test_a_language_without_a_voice_is_named():
    with pytest.raises(KodebrikError, match="no voice for the language 'zz'") as raised:
        pyttsx3.say("Lydstyrke", "zz")
    assert raised.value.exit_code == ExitCode.NOT_INSTALLED


def test_say_plays_the_text(monkeypatch: pytest.MonkeyPatch):
    played = []
    monkeypatch.setattr(playback, "play", played.append)
    pyttsx3.say("Lydstyrke", "da")
    (samples,) = played
    assert samples.dtype == np.int16
    assert np.abs(samples).max() > 3000
    assert 0.3 < len(samples) / levels.RATE < 3


def test_say_reports_missing_sound_output(monkeypatch: pytest.MonkeyPatch):
    play = playback.play
    monkeypatch.setattr(playback, "play", lambda samples: play(samples, [miniaudio.Backend.JACK]))
    with pytest.raises(KodebrikError, match="plays no sound"):
        pyttsx3.say("Lydstyrke", "da")


@pytest.mark.parametrize(("coding", "order"), [(b"", ">"), (b"NONE", ">"), (b"sowt", "<")])
def test_what_macos_writes_is_read(coding: bytes, order: str):
    samples = np.array([[0, 0], [16384, 16384], [-32768, -32768], [100, 300]])
    # 22050 as an 80-bit number: 2^14 times 1.34...
    rate = struct.pack(">HQ", 16383 + 14, 22050 << 49)
    common = struct.pack(">hIh", 2, 4, 16) + rate + coding + (b"\x03odd" if coding else b"")
    held = struct.pack(">II", 0, 0) + samples.astype(f"{order}i2").tobytes()
    chunks = b"".join(
        struct.pack(">4sI", name, len(each)) + each
        for name, each in ((b"COMM", common), (b"SSND", held))
    )
    content = (
        struct.pack(">4sI4s", b"FORM", 4 + len(chunks), b"AIFC" if coding else b"AIFF") + chunks
    )
    read, found = aiff.read(content)
    assert found == 22050
    assert read.tolist() == [0, 0.5, -1, 200 / 32768]


def test_an_unknown_file_is_refused():
    with pytest.raises(KodebrikError, match="unknown file"):
        aiff.read(b"FORM\0\0\0\4AIFF")


def test_the_command_builds_with_either_engine_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(languages, "load", lambda *_: FEW)
    assert main(["voice", "build", "--engine", "pyttsx3", "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["phrases"] == 3
    assert packfile.load((tmp_path / "da.kvp").read_bytes())[0]["engine"].startswith("pyttsx3")
    assert (
        main(["voice", "build", "--engine", "festival", "--output", str(tmp_path)])
        == ExitCode.USAGE
    )
    assert "espeak or pyttsx3" in capsys.readouterr().err

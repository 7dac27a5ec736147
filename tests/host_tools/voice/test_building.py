"""Building voice packs: reproducible bytes, levels, edges, recordings, and the size in flash."""

import dataclasses
import json
import shutil
import wave
from pathlib import Path

import miniaudio
import numpy as np
import pytest

from firmware.speech import say
from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_tree, load_board, pack
from host_tools.voice import build, check, languages, packfile, playback, recordings, store
from host_tools.voice import levels as sound
from host_tools.voice.synthesis import espeak

DA = languages.load("da")
FEW = dataclasses.replace(DA, phrases={key: DA.phrases[key] for key in ("4", "20", "volume")})


@pytest.fixture(scope="module", params=["da", "en"])
def whole(request: pytest.FixtureRequest) -> tuple[languages.Language, dict, list[packfile.Clip]]:
    return languages.load(request.param), *packfile.load(store.pack(request.param))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "recorded"
    path.mkdir()
    return path


def record(path: Path, samples: np.ndarray, rate: int = 44100, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat((samples * 32767).astype("<i2"), channels).tobytes())


def voiced(seconds: float = 0.6, rate: int = 44100, level: float = 0.4) -> np.ndarray:
    """A vowel-like sound with silence around it."""
    time = np.arange(round(seconds * rate)) / rate
    buzz = (
        sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 20))
        * np.hanning(len(time)) ** 0.3
    )
    silence = np.zeros(rate // 4)
    return np.concatenate([silence, level * buzz / np.abs(buzz).max(), silence])


def faults_of(folder: Path) -> str:
    with pytest.raises(KodebrikError) as raised:
        recordings.load(folder, {"4", "volume"})
    assert raised.value.exit_code == ExitCode.BAD_INPUT
    return raised.value.message


def test_the_same_input_gives_the_same_bytes():
    assert build.build(FEW) == build.build(FEW)


@pytest.mark.clause("speech: languages")
def test_every_phrase_is_there_at_five_speeds(whole):
    language, description, clips = whole
    assert check.faults(clips, check.measure(clips), set(language.phrases)) == []
    assert description["speeds"] == len(languages.SPEEDS) == 5
    assert "GPL" in description["licence"]
    assert description["voice"] == language.voice.name


@pytest.mark.clause("speech: level")
def test_clips_lie_within_1_lu(whole):
    levels = [sound.loudness(clip.samples() / 32768) for clip in whole[2]]
    assert max(levels) - min(levels) <= 1
    assert np.mean(levels) == pytest.approx(sound.LOUDNESS, abs=0.3)


@pytest.mark.clause("speech: level")
def test_the_true_peak_stays_under_minus_1_dbfs(whole):
    assert max(sound.true_peak(clip.samples() / 32768) for clip in whole[2]) <= -1


@pytest.mark.clause("speech: clicks")
def test_no_clip_clicks_where_it_meets_silence(whole):
    for clip in whole[2]:
        samples = np.pad(clip.samples().astype(float), 16)
        steps = np.abs(np.diff(samples))
        edges = np.concatenate([steps[:32], steps[-32:]])
        assert edges.max() <= 32768 * 10 ** (-36 / 20), (clip.name, clip.speed)


def test_clips_are_trimmed(whole):
    for clip in whole[2]:
        samples = np.abs(clip.samples().astype(float))
        loud = np.flatnonzero(samples > samples.max() * 10 ** (-30 / 20))
        assert loud[0] <= 0.12 * 16000, (clip.name, clip.speed)
        assert len(samples) - loud[-1] <= 0.2 * 16000, (clip.name, clip.speed)


def test_each_speed_is_faster_than_the_one_before(whole):
    lasting = {(clip.name, clip.speed): clip.duration for clip in whole[2]}
    for name in whole[0].phrases:
        assert lasting[name, 1] > lasting[name, 3] > lasting[name, 4] > lasting[name, 5]
        assert lasting[name, 1] >= lasting[name, 2] >= lasting[name, 3]


@pytest.mark.clause("code: fresh period")
@pytest.mark.parametrize("speed", languages.SPEEDS)
@pytest.mark.parametrize("words", ["ample_time", "hurry"])
def test_the_token_knows_how_long_a_code_takes_at_most(whole, speed: int, words: str):
    """It waits for a fresh period by that: the speech must not last longer, nor much shorter."""
    lasting = {(clip.name, clip.speed): 1000 * clip.duration / 16000 for clip in whole[2]}
    lengths = []
    for digit in "0123456789":
        said = say.script([words, "code", (3 * digit, 3 * digit)], speed)
        lengths.append(sum(lasting[clip, speed] + pause for clip, pause in said) - said[-1][1])
    assert max(lengths) <= say.code_ms(6, speed) <= 1.5 * min(lengths)


@pytest.mark.clause("speech: languages")
def test_greenlandic_speaks_danish_digits_and_awaits_its_review():
    greenlandic = languages.load("kl")
    assert greenlandic.digit_voice == DA.voice
    assert [greenlandic.phrases[str(n)] for n in range(10)] == [
        DA.phrases[str(n)] for n in range(10)
    ]
    few = dataclasses.replace(
        greenlandic, phrases={key: greenlandic.phrases[key] for key in ("4", "red")}
    )
    assert packfile.load(build.build(few))[0]["reviewed"] is False


@pytest.mark.parametrize("language", languages.VOICES)
def test_each_language_has_a_higher_and_a_lower_voice(language: str):
    assert languages.load(language) == languages.load(language, languages.HIGHER)
    pitches = []
    for chosen in (languages.HIGHER, languages.LOWER):
        voice = languages.load(language, chosen).voice
        said = espeak.say("a" * 6, voice.name, voice.phrases)
        pitches.append(_pitch(said[len(said) // 3 : len(said) // 3 + 4096]))
    assert pitches[0] > 1.3 * pitches[1], pitches


def _pitch(samples: np.ndarray) -> float:
    """Give the fundamental frequency in hertz, by autocorrelation."""
    shortest, longest = 22050 // 400, 22050 // 60
    same = np.correlate(samples, samples, "full")[len(samples) - 1 :]
    return 22050 / (shortest + int(same[shortest:longest].argmax()))


def test_the_lower_voice_is_built_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(store.FOLDER_VARIABLE, str(tmp_path / "cache"))
    few = {key: DA.phrases[key] for key in ("4", "volume")}
    load = languages.load
    monkeypatch.setattr(
        languages,
        "load",
        lambda name, chosen=None: dataclasses.replace(load(name, chosen), phrases=few),
    )
    for chosen, speaker in (("higher", DA.voice.name), ("lower", load("da", "lower").voice.name)):
        path = tmp_path / f"{chosen}.kvp"
        assert main(["voice", "build", "--voice", chosen, "--output", str(path), "--json"]) == 0
        description, clips = packfile.load(path.read_bytes())
        assert description["voice"] == description["digit_voice"] == speaker
        assert json.loads(capsys.readouterr().out)["voice"] == speaker
        assert check.faults(clips, check.measure(clips), set(few)) == []


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (["--voice", "deep"], "The voices are: higher, lower."),
        (["--voice", "lower", "--engine", "pyttsx3"], "'pyttsx3' has voices of its own"),
    ],
)
def test_a_voice_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], complaint: str
):
    assert main(["voice", "build", *asked, "--output", str(tmp_path)]) == ExitCode.USAGE
    assert complaint in capsys.readouterr().err


def test_two_languages_and_the_firmware_fit_1_4_megabytes():
    tree = build_tree("kodeoplaeser", "pico")
    assert {path for path in tree if path.endswith(".kvp")} == {"da.kvp", "en.kvp"}
    geometry = load_board("pico")["filesystem"]
    assert geometry["size"] <= 1.4 * 1024 * 1024 + 8192
    assert len(pack(tree, geometry)) == geometry["size"]


@pytest.mark.parametrize(
    ("board", "spoken", "letters"),
    [("pico", ["da", "en"], False), ("pico", ["da"], True), ("pico2", ["da", "en"], True)],
)
def test_letters_come_where_an_update_has_room_beside_them(
    board: str, spoken: list[str], letters: bool
):
    tree = build_tree("kodeoplaeser", board, production=True, languages=spoken)
    assert ("letters.kvp" in tree) is letters
    image = pack(tree | {"update/package": tree["firmware.mpy"]}, load_board(board)["filesystem"])
    assert image, "an update fits, and 32 KB stay free"


@pytest.mark.parametrize(
    ("board", "asked", "two"),
    [
        ("pico", [], []),
        ("pico", ["--language", "da"], ["da"]),
        ("pico2", [], ["da", "en"]),
        ("pico2", ["--one-voice"], []),
    ],
)
def test_an_image_has_two_voices_where_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], board: str, asked: list[str], two: list[str]
):
    folder = tmp_path / "token"
    command = ["image", "--product", "kodeoplaeser", "--board", board, *asked]
    assert main([*command, "--output", str(folder)]) == 0
    said = capsys.readouterr().out
    told = f"with red and 5, then 9: {', '.join(two)}." if two else "One voice of each language."
    assert told in said
    assert {path.name for path in folder.glob("*2.kvp")} == {f"{language}2.kvp" for language in two}
    for language in two:
        lower = store.pack(language, voice=languages.LOWER)
        assert (folder / f"{language}2.kvp").read_bytes() == lower
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert pack(files, load_board(board)["filesystem"]), "it fits, and 32 KB stay free"


def test_a_language_with_a_pack_of_ones_own_gets_no_second_voice(tmp_path: Path, capsys):
    path = tmp_path / "mine.kvp"
    path.write_bytes(store.pack("da"))
    command = ["image", "--product", "kodeoplaeser", "--board", "pico2", "--voice", str(path)]
    assert main([*command, "--output", str(tmp_path / "token"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["two_voices"] == ["en"]
    assert not (tmp_path / "token/da2.kvp").exists()


def test_a_kept_pack_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(store.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(languages, "load", lambda *_: FEW)
    first = store.pack("da")
    monkeypatch.setattr(build, "build", lambda *_, **__: pytest.fail("built again"))
    assert store.pack("da") == first


def test_a_recording_replaces_a_clip_at_every_speed(folder: Path):
    record(folder / "volume.wav", voiced(), channels=2)
    record(folder / "4.5.wav", voiced(0.3, 16000), 16000)
    synthesised = build.build(FEW)
    plain = {(c.name, c.speed): c for c in packfile.load(synthesised)[1]}
    anew = build.build(FEW, folder)
    assert build.build(FEW, folder, synthesised=synthesised) == anew
    description, clips = packfile.load(anew)
    replaced = {(c.name, c.speed) for c in clips if c.data != plain[c.name, c.speed].data}
    assert replaced == {("4", 5), *(("volume", speed) for speed in languages.SPEEDS)}
    assert description["recorded"] == ["4", "volume"]
    assert check.faults(clips, check.measure(clips), set(FEW.phrases)) == []


@pytest.mark.parametrize(
    ("name", "samples", "rate", "fault"),
    [
        ("volume", np.clip(voiced(level=1.5), -1, 1), 44100, "overdriven"),
        ("volume", voiced(level=0.003), 44100, "too soft"),
        ("volume", voiced(0.02), 44100, "must last"),
        ("volume", voiced(9), 44100, "must last"),
        ("volume", voiced(rate=8000), 8000, "8000 samples a second"),
        ("volume", np.zeros(9000), 44100, "silent"),
        ("volumen", voiced(), 44100, "no clip's name"),
        ("volume.6", voiced(), 44100, "no clip's name"),
    ],
)
def test_a_bad_recording_is_refused_with_its_fault(
    folder: Path, name: str, samples, rate: int, fault: str
):
    record(folder / f"{name}.wav", samples, rate)
    assert fault in faults_of(folder)


def test_every_bad_recording_is_named(folder: Path):
    (folder / "4.wav").write_bytes(b"RIFF, or not")
    record(folder / "volume.wav", np.zeros(9000))
    message = faults_of(folder)
    assert "4.wav: this is no WAV file" in message
    assert "volume.wav" in message


def test_an_empty_folder_of_recordings_is_refused(folder: Path):
    assert "There are none" in faults_of(folder)


def test_an_unknown_voice_is_named():
    with pytest.raises(KodebrikError, match="no such voice"):
        espeak.say("en", "zz", 150)


def test_clips_play_without_a_sound_card():
    clips = packfile.load(build.build(FEW))[1]
    playback.play(playback.joined(clips, ["4", "volume"], 5), [miniaudio.Backend.NULL])


def test_commands_build_list_check_and_play(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "da.kvp"
    assert main(["voice", "build", "--language", "da", "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == path.stat().st_size
    assert main(["voice", "check", str(path)]) == 0
    assert "is good" in capsys.readouterr().out
    assert main(["voice", "list", str(path), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed["clips"]) == set(DA.phrases)
    assert (
        main(
            [
                "voice",
                "play",
                str(path),
                "code",
                "4",
                "2",
                "--speed",
                "1",
                "--wav",
                str(tmp_path / "x.wav"),
            ]
        )
        == 0
    )
    with wave.open(str(tmp_path / "x.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert file.getframerate() == 16000
    assert np.array_equal(
        heard, playback.joined(packfile.load(path.read_bytes())[1], ["code", "4", "2"], 1)
    )


def test_a_pack_with_recordings_goes_into_a_token(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
):
    record(folder / "volume.wav", voiced())
    pack_path = tmp_path / "mine.kvp"
    assert main(["voice", "build", "--recordings", str(folder), "--output", str(pack_path)]) == 0
    image = ["image", "--product", "kodeoplaeser", "--board", "pico2", "--voice", str(pack_path)]
    assert main([*image, "--output", str(tmp_path / "token")]) == 0
    assert (tmp_path / "token/da.kvp").read_bytes() == pack_path.read_bytes()
    assert (tmp_path / "token/en.kvp").read_bytes() == store.pack("en")
    twice = [*image, "--voice", str(pack_path), "--output"]
    assert main([*twice, str(tmp_path / "two")]) == 0
    assert (tmp_path / "two/da2.kvp").read_bytes() == pack_path.read_bytes()
    assert main([*image[:-2], *image[-2:] * 3, "--output", str(tmp_path / "other")])
    assert "the third voice" in capsys.readouterr().err
    assert main([*image, "--language", "en", "--output", str(tmp_path / "other")]) == ExitCode.USAGE
    assert "speaks 'da', which this token does not carry" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_commands_say_what_is_wrong(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "few.kvp"
    path.write_bytes(build.build(FEW))
    assert main(["voice", "check", str(path)]) == ExitCode.CHECK_FAILED
    assert "clock_lost at speed 1 is missing" in capsys.readouterr().err
    assert main(["voice", "play", str(path), "nonsense"]) == ExitCode.USAGE
    assert main(["voice", "list", str(tmp_path / "nowhere.kvp")]) == ExitCode.FILE
    assert main(["voice", "build", "--language", "zz", "--output", str(tmp_path)]) == ExitCode.USAGE
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["voice", "list", str(path)]) == ExitCode.BAD_INPUT
    assert main(["voice", "play", str(Path(__file__)), "code"]) == ExitCode.BAD_INPUT
    capsys.readouterr()
    for given, why in ((path, "det er ikke en mappe"), (tmp_path / "none", "findes ikke")):
        asked = ["voice", "build", "--recordings", str(given), "--output", str(tmp_path)]
        assert main(["--lang", "da", *asked]) == ExitCode.FILE
        assert f"{given} kan ikke læses" in capsys.readouterr().err, why
    shutil.copy(path, folder / "volume.wav")
    code = main(["voice", "build", "--recordings", str(folder), "--output", str(tmp_path)])
    assert code == ExitCode.BAD_INPUT

"""What the recording page asks of the server: below a secret path, one WAV file for each prompt."""

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from host_tools.recorder import hearing
from host_tools.recorder.page import Recorder, application
from host_tools.recorder.prompts import prompts
from host_tools.voice import build, check, languages, packfile, recordings
from tests.host_tools.recorder.speech import spoken, wav

DA = languages.load("da")
TOKEN = "a-path-that-nobody-guesses"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(DA, tmp_path)


@pytest.fixture
def client(recorder: Recorder) -> TestClient:
    return TestClient(application(recorder, TOKEN, "en"))


@pytest.fixture(scope="module")
def four() -> bytes:
    return wav(spoken("fire"))


def test_every_prompt_is_a_file_that_voice_build_takes():
    listed = prompts(DA)
    assert {prompt.key for prompt in listed} == set(DA.phrases)
    assert [prompt.name for prompt in listed][:3] == ["0", "1", "2"]
    assert {prompt.name for prompt in listed if prompt.speed} == {
        f"{digit}.{speed}" for digit in range(10) for speed in (1, 5)
    }
    assert len({prompt.name for prompt in listed}) == len(listed)


def test_a_recording_is_kept_and_heard(client: TestClient, recorder: Recorder, four: bytes):
    answer = client.post(f"/{TOKEN}/en/takes/4", content=four).json()
    assert answer["kept"]
    assert answer["message"].startswith("Saved, 0.")
    assert "heard “4”, which is right" in answer["message"]
    assert recorder.recorded() == 1
    kept = client.get(f"/{TOKEN}/en/takes/4")
    assert kept.content == (recorder.folder / "4.wav").read_bytes()
    assert set(recordings.load(recorder.folder, set(DA.phrases))) == {("4", None)}


def test_another_digit_is_kept_and_named(client: TestClient, four: bytes):
    answer = client.post(f"/{TOKEN}/da/takes/5.5", content=four).json()
    assert answer["kept"]
    assert "Genkenderen hørte »4«" in answer["message"]


@pytest.mark.parametrize("has_whisper", [False, True])
def test_phrases_are_heard_by_whisper_or_plainly_by_nobody(
    client: TestClient, four: bytes, monkeypatch: pytest.MonkeyPatch, has_whisper: bool
):
    monkeypatch.setattr(hearing, "has_whisper", lambda: has_whisper)
    monkeypatch.setitem(sys.modules, "host_tools.voice.recognition.whisper", Whisper)
    told = client.post(f"/{TOKEN}/en/takes/volume", content=four).json()["message"]
    assert ("“Lydstyrke.”, which is right" if has_whisper else "Whisper is not installed") in told


class Whisper:
    transcribed = staticmethod(lambda sound, language: "Lydstyrke.")


def test_greenlandic_phrases_have_no_recogniser(tmp_path: Path, four: bytes):
    client = TestClient(application(Recorder(languages.load("kl"), tmp_path), TOKEN, "en"))
    answer = client.post(f"/{TOKEN}/en/takes/volume", content=four).json()
    assert "no recogniser for phrases in this language" in answer["message"]
    assert "heard “4”" in client.post(f"/{TOKEN}/en/takes/4", content=four).json()["message"]


def test_a_bad_recording_changes_nothing(client: TestClient, recorder: Recorder, four: bytes):
    client.post(f"/{TOKEN}/en/takes/4", content=four)
    before = (recorder.folder / "4.wav").read_bytes()
    answer = client.post(f"/{TOKEN}/da/takes/4", content=four[:3000]).json()
    assert not answer["kept"]
    assert answer["message"].startswith("Ikke gemt: ")
    assert (recorder.folder / "4.wav").read_bytes() == before


def test_it_goes_on_where_the_folder_ends(tmp_path: Path, client: TestClient, four: bytes):
    client.post(f"/{TOKEN}/en/takes/0", content=four)
    page = TestClient(application(Recorder(DA, tmp_path), TOKEN, "da")).get(f"/{TOKEN}/").text
    assert page.count("data-recorded") == 1
    assert 'data-name="0" data-manner="" data-recorded' in page


def test_what_was_recorded_becomes_a_voice(client: TestClient, recorder: Recorder, four: bytes):
    for name in ("4", "4.5", "volume"):
        client.post(f"/{TOKEN}/en/takes/{name}", content=four)
    few = languages.Language(
        "da", {key: DA.phrases[key] for key in ("4", "volume")}, DA.voice, DA.digit_voice, True
    )
    description, clips = packfile.load(build.build(few, recorder.folder))
    assert description["recorded"] == ["4", "volume"]
    assert check.faults(clips, check.measure(clips), set(few.phrases)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/guess/",
        "/guess/en/",
        "/guess/static/page.js",
        "/guess/en/takes/4",
        f"/{TOKEN}/kl/",
        f"/{TOKEN}/en/takes/nothing",
        f"/{TOKEN}/en/takes/4",
        f"/{TOKEN}/en/takes/..%2f4",
        f"/{TOKEN}/static/..%2fpage.py",
        f"/{TOKEN}/static/nothing.js",
    ],
)
def test_whoever_does_not_know_the_path_finds_nothing(client: TestClient, path: str):
    assert client.get(path).status_code == 404


def test_nobody_else_writes(client: TestClient, recorder: Recorder, four: bytes):
    assert client.post("/guess/en/takes/4", content=four).status_code == 404
    assert client.post(f"/{TOKEN}/en/takes/..%2f4", content=four).status_code == 404
    assert client.post(f"/{TOKEN}/en/takes/4", content=bytes(9_000_000)).status_code == 413
    assert list(recorder.folder.iterdir()) == []


def test_the_page_runs_nothing_from_elsewhere(client: TestClient):
    headers = client.get(f"/{TOKEN}/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "microphone=(self)" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"

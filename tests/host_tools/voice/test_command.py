"""A voice pack by a synthesiser of the user's own, given as a command."""

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import languages, packfile
from host_tools.voice.synthesis import command
from host_tools.voice.synthesis.command import CommandEngine

DA = languages.load("da")
FEW = dataclasses.replace(DA, phrases={key: DA.phrases[key] for key in ("4", "8", "volume")})

# A tone as long as the text, higher for faster speech; it notes what it was asked.
SPEAKER = """
import io, math, struct, sys, wave
text, (language, rate) = sys.stdin.buffer.read().decode(), sys.argv[-2:]
with open(sys.argv[1], "a", encoding="utf-8") as notes:
    print(language, rate, text, file=notes)
out = io.BytesIO()
with wave.open(out, "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(22050)
    count = 22050 * (3 + len(text)) // 10
    for n in range(count):
        file.writeframes(struct.pack("<h", round(9000 * math.sin(n * int(rate) / 500))))
sys.stdout.buffer.write(out.getvalue())
"""


@pytest.fixture
def speaker(tmp_path: Path) -> str:
    """Return the command line of a synthesiser; it notes in the file `notes`."""
    script = tmp_path / "with space" / "speaker.py"
    script.parent.mkdir()
    script.write_text(SPEAKER, encoding="utf-8")
    return f"{sys.executable} '{script}' '{tmp_path / 'notes'}'"


def test_a_command_says_every_clip_of_a_pack(
    speaker: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(languages, "load", lambda *_: FEW)
    assert main(["voice", "build", "--engine", speaker, "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["phrases"] == 3
    description, clips = packfile.load((tmp_path / "da.kvp").read_bytes())
    assert description["engine"] == Path(sys.executable).name
    assert str(tmp_path) not in json.dumps(description), "arguments stay out of the pack"
    assert {clip.name for clip in clips} == set(FEW.phrases)
    asked = [line.split(maxsplit=2) for line in (tmp_path / "notes").read_text().splitlines()]
    assert {language for language, _, _ in asked} == {"da"}
    assert {text for _, _, text in asked} == set(FEW.phrases.values())
    assert all(60 <= int(rate) <= 400 for _, rate, _ in asked)


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("import sys; print('no voice', file=sys.stderr); sys.exit(3)", "no voice"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('not sound')", "WAV"),
        ("", "WAV"),
    ],
)
def test_a_command_that_gives_no_sound_is_named_with_its_complaint(program: str, complaint: str):
    engine = CommandEngine(f'{sys.executable} -c "{program}"')
    with pytest.raises(KodebrikError) as caught:
        engine.say("fire", "da", 150)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert complaint in caught.value.message


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "_LIMIT", 0.2)
    engine = CommandEngine(f'{sys.executable} -c "import time; time.sleep(60)"')
    with pytest.raises(KodebrikError, match=r"more than 0\.2 seconds"):
        engine.say("fire", "da", 150)


def test_silence_is_refused(tmp_path: Path):
    silent = tmp_path / "silent.py"
    silent.write_text(SPEAKER.replace("9000", "0"), encoding="utf-8")
    with pytest.raises(KodebrikError, match="silent"):
        CommandEngine(f"{sys.executable} {silent} {tmp_path / 'notes'}").say("fire", "da", 150)


@pytest.mark.parametrize("line", ["no-such-program-here da", "", "unclosed 'quote"])
def test_a_program_that_does_not_exist_is_refused_at_once(line: str):
    with pytest.raises(KodebrikError) as caught:
        CommandEngine(line)
    assert caught.value.exit_code == ExitCode.USAGE

"""The spoken name of an account: sent by `provision`, listed, replaced, left out."""

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from firmware.protocol import messages
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.voice import levels, packfile, playback, spoken_name
from host_tools.voice.synthesis.engine import ESPEAK
from tests.support.link.fake_token import Token

pytestmark = pytest.mark.parametrize("token", ["kodeoplaeser"], indirect=True)
CALLED = ("provision", "--account", "Netbank")


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """A recording of 0.8 s."""
    path = tmp_path / "bank.wav"
    ramp = 0.3 * np.sin(2 * np.pi * 150 * np.arange(12800) / 16000)
    playback.write_wav(path, np.round(ramp * 32767).astype(np.int16))
    return path


def kept(token: Token) -> list[bytes]:
    """The clips that the token keeps."""
    return [path.read_bytes() for path in Path(token.directory).glob("*.kvp")]


def test_the_accounts_name_is_synthesised_in_the_tokens_language(port, token, call, secret_file):
    code, result = call(*CALLED, "--secret-file", secret_file)
    assert code == 0
    assert result["spoken_name"] is True
    assert kept(token) == [spoken_name.synthesised("Netbank", "da")]
    assert token.vault.credentials[0]["spoken"] == crc32(kept(token)[0])
    assert call("accounts", "list")[1]["accounts"][0]["spoken"] is True
    assert call("settings", "--language", "en")[0] == 0
    assert call(*CALLED, "--secret-file", secret_file)[0] == 0
    assert kept(token) == [spoken_name.synthesised("Netbank", "en")]


def test_the_same_again_sends_and_writes_nothing(port, token, call, secret_file, monkeypatch):
    assert call(*CALLED, "--secret-file", secret_file)[0] == 0
    token.forget_operation(messages.NAME_WRITE)
    token.forget_operation(messages.NAME_KEEP)
    code, result = call(*CALLED, "--secret-file", secret_file)
    assert (code, result["spoken_name"]) == (0, True)


def test_another_text_or_a_recording_takes_its_place(port, token, call, secret_file, voice):
    assert call(*CALLED, "--secret-file", secret_file, "--spoken-name", "Banken")[0] == 0
    assert kept(token) == [spoken_name.synthesised("Banken", "da")]
    assert call(*CALLED, "--secret-file", secret_file, "--spoken-name", str(voice))[0] == 0
    (clip,) = kept(token)
    clips = packfile.load(clip)[1]
    assert [(each.name, each.speed) for each in clips] == [("name", n) for n in range(1, 6)]
    assert clips[2].duration == pytest.approx(0.8 * levels.RATE, abs=0.03 * levels.RATE)
    assert len(clip) <= messages.MAX_SPOKEN_NAME


def test_no_spoken_name_takes_an_earlier_one_away(port, token, call, secret_file):
    assert call(*CALLED, "--secret-file", secret_file)[0] == 0
    code, result = call(*CALLED, "--secret-file", secret_file, "--no-spoken-name")
    assert (code, result["spoken_name"]) == (0, False)
    assert kept(token) == []
    assert call("accounts", "list")[1]["accounts"][0]["spoken"] is False


@pytest.mark.parametrize(
    "operation", [messages.NAME_WRITE, messages.NAME_KEEP], ids=["write", "keep"]
)
def test_older_firmware_does_without_and_says_so(
    port, token, secret_file, capsys, monkeypatch, operation
):
    token.forget_operation(messages.NAME_WRITE)
    token.forget_operation(messages.NAME_KEEP)
    assert main([*CALLED, "--secret-file", secret_file]) == 0
    said = capsys.readouterr().err
    assert "its firmware is older" in said
    assert "will call Netbank account 1" in said
    assert len(token.vault.credentials) == 1
    another = ["provision", "--account", "Kommune", "--secret-file", secret_file]
    for _ in range(2):  # as a new account, and as one that is there
        assert main(another) == 0
        assert "will call Kommune account 2" in capsys.readouterr().err


def test_a_name_that_was_asked_for_and_cannot_be_had_changes_nothing(
    port, token, secret_file, capsys
):
    token.forget_operation(messages.NAME_WRITE)
    given = [*CALLED, "--secret-file", secret_file, "--spoken-name", "Banken"]
    assert main(given) == ExitCode.USAGE
    assert "its firmware is older" in capsys.readouterr().err
    assert token.vault.credentials == []


def test_a_name_that_takes_too_long(port, token, secret_file, capsys, tmp_path):
    long = "En meget lang betegnelse for en konto, som ingen vil høre"
    given = [*CALLED, "--secret-file", secret_file, "--spoken-name", long]
    assert main(given) == ExitCode.BAD_INPUT
    assert "2" in capsys.readouterr().err
    assert token.vault.credentials == []
    name = "Firmaets bank i Aarhus nr. 1234"
    assert len(levels.trim(ESPEAK.say(name, "da+f5", 166))) > 2 * levels.RATE
    assert main(["provision", "--account", name, "--secret-file", secret_file]) == 0
    assert f"will call {name} account 1" in capsys.readouterr().err


@pytest.mark.parametrize("wished", [["--no-spoken-name"], []])
def test_a_token_with_letters_is_said_to_spell(port, token, secret_file, capsys, wished):
    Path(token.directory).mkdir()
    (Path(token.directory) / "letters.kvp").write_bytes(b"letters")
    if not wished:
        token.forget_operation(messages.NAME_WRITE)
    assert main([*CALLED, "--secret-file", secret_file, *wished]) == 0
    said = capsys.readouterr().err
    assert "will spell the name Netbank" in said
    assert "account 1" not in said


def test_both_options_at_once(port, token, secret_file, capsys):
    given = [*CALLED, "--secret-file", secret_file, "--spoken-name", "a", "--no-spoken-name"]
    assert main(given) == ExitCode.USAGE
    assert "exclude each other" in capsys.readouterr().err


def test_a_file_that_is_no_recording(port, token, secret_file, tmp_path, capsys):
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF")
    given = [*CALLED, "--secret-file", secret_file, "--spoken-name", str(path)]
    assert main(given) == ExitCode.BAD_INPUT
    assert token.vault.credentials == []

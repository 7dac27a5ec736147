"""kodebrik demo of a token that speaks, as a user runs it, in a process of its own."""

import json
import re
import subprocess
import wave
from pathlib import Path

from tests.support.command_line.program import KODEBRIK


def demo(state: Path, *options: str) -> str:
    command = [*KODEBRIK, "demo", "kodeoplaeser", "--state", str(state), *options]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_what_is_said_is_recorded_and_equals_display_and_pyotp(tmp_path: Path):
    state = tmp_path / "demo"
    result = json.loads(demo(state, "--json"))
    code = result["code"].replace(" ", "")
    assert code in result["pyotp"]
    introduced = result["said"].index("code")
    assert result["said"][introduced : introduced + 7] == ["code", *code]
    with wave.open(str(state / "voice.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16000, 1)
        assert sound.getnframes() > 5 * 16000
        assert any(sound.readframes(sound.getnframes()))
    told = demo(state)
    code = re.search(r"display shows (\d{3} \d{3})\.", told).group(1)
    digits = " ".join(code.replace(" ", ""))
    assert re.search(
        rf"The token says: (New code\. Wait .*)?(No rush\.|Hurry\.) The code is {digits}\b", told
    )

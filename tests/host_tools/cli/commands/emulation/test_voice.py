"""kodebrik voice list in the user's language."""

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.voice import packfile

_CLIP = packfile.Clip("code", 3, 0, bytes(8), 16)


@pytest.mark.parametrize(
    ("language", "reviewed", "recorded", "told"),
    [
        ("en", True, [], ["reviewed: yes", "recorded: nothing, all of it is synthesised"]),
        ("en", False, ["code", "code"], ["reviewed: no", "recorded: code, code"]),
        ("da", True, [], ["gennemgået: ja", "indtalt: intet, alt er syntetiseret"]),
    ],
)
def test_who_speaks_is_told_in_words(tmp_path, capsys, language, reviewed, recorded, told):
    pack = tmp_path / "da.kvp"
    description = {"language": "da", "rate": 16000, "reviewed": reviewed, "recorded": recorded}
    pack.write_bytes(packfile.dump(description, [_CLIP]))
    assert main(["--lang", language, "voice", "list", str(pack)]) == ExitCode.OK
    said = capsys.readouterr().out.splitlines()
    assert set(told) <= set(said)
    assert not any(word in line for line in said for word in ("[", "True", "False"))

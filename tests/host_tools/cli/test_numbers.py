"""A number on the command line that is none is named in plain words."""

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode


@pytest.mark.parametrize(
    ("language", "arguments", "told"),
    [
        ("en", ["server", "--port", "abc"], "'abc' is not a whole number"),
        ("en", ["provision", "--digits", "6.5"], "'6.5' is not a whole number"),
        ("en", ["import", "--clock-ppm", "x", "tokens.csv"], "'x' is not a number"),
        ("da", ["server", "--port", "abc"], "'abc' er ikke et helt tal"),
    ],
)
def test_it_is_named(language, arguments, told, capsys):
    assert main(["--lang", language, *arguments]) == ExitCode.USAGE
    assert told in capsys.readouterr().err

"""The drawn view in a terminal whose size changes: as large a picture as there is room for, then
characters, with nothing left of the picture."""

import os
import re
from pathlib import Path

import pytest

from emulator.session import Emulator
from emulator.views.graphics import Graphics
from host_tools.desktop import terminal, terminal_query
from tests.support.emulated.images import PANEL, image

KITTY, ERASE = "\x1b_Ga=T,f=100", "\x1b_Ga=d,d=A,q=2\x1b\\"


def test_a_picture_gives_way_to_characters_where_there_is_too_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graphics = Graphics("kitty", 4, 8)  # 136 x 72 pixels are 34 x 9 characters of it
    monkeypatch.setattr(terminal_query, "ask", lambda write, read: (graphics, b"5"))
    with Emulator(state=tmp_path / "token", image=image(PANEL)) as emulator:
        view = terminal.DrawnView(emulator, None, str)
        assert view.prepare() == b"5"

        def drawn(columns: int, lines: int) -> str:
            size = os.terminal_size((columns, lines))
            monkeypatch.setattr("shutil.get_terminal_size", lambda *_: size)
            view.update()
            return capsys.readouterr().out

        assert KITTY in (shown := drawn(100, 30))
        assert shown.index("\x1b[19;1H") < shown.index("Screen: "), "twice as large: 18 lines"
        assert drawn(100, 30) == "", "nothing has changed"
        assert KITTY not in (shown := drawn(33, 30))
        assert shown.startswith("\x1b[H\x1b[J" + ERASE)
        assert "33 x 30" in shown


class Said:
    """Captions, of which the test says what they are."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def update(self) -> None:
        """Nothing: the test has put it in."""

    def lines(self) -> list[str]:
        return self.heard[-4:]


def test_the_size_that_is_needed_stays_the_same_whatever_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal_query, "ask", lambda write, read: (None, b""))
    said = Said()
    with Emulator(state=tmp_path / "token", image=image(PANEL)) as emulator:
        view = terminal.DrawnView(emulator, said, str, ["Link: /dev/pts/3"])  # type: ignore[arg-type]
        view.prepare()

        def drawn(columns: int, lines: int) -> list[str]:
            size = os.terminal_size((columns, lines))
            monkeypatch.setattr("shutil.get_terminal_size", lambda *_: size)
            view.update()
            shown = capsys.readouterr().out.removeprefix("\x1b[H\x1b[J").split("\n")[:-1]
            assert all(len(line) <= columns for line in shown), shown
            return shown

        needed = set()
        for number in range(6):
            said.heard.append(f"Heard: number {number} is said by a token that speaks at length.")
            shown = drawn(40, 60)
            assert "Link: /dev/pts/3" in shown
            needed |= set(re.findall(r"needs a terminal of (\d+) x (\d+)", " ".join(shown)))
        assert len(needed) == 1, needed
        columns, lines = map(int, needed.pop())
        assert "speaks at length." in shown, "broken between words"
        assert len(drawn(columns, lines)) < lines, "the cursor has a line too"
        picture = drawn(columns, lines + 1)
        assert picture[0].startswith("┌")
        assert "Heard: number 5" in " ".join(picture), "the newest"
        assert "needs a terminal" in " ".join(drawn(columns, lines - 1))

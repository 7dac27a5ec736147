"""The drawn view in a terminal whose size changes: as large a picture as there is room for, then
characters, with nothing left of the picture."""

import os
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

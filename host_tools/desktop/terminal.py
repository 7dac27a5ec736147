"""The token in a terminal: its screen, what it says, and keys for its keys, headset and cable."""

import os
import select
import shutil
import sys
import termios
import threading
import time
import tty
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.keys import RED
from emulator.scenario.recorder import Recorder
from emulator.session import Emulator
from emulator.views.terminal import render

if TYPE_CHECKING:
    from host_tools.desktop.captions import Hearing

_TAP, _HOLD = 0.12, 7.0  # seconds
_FRAME = 0.05  # seconds between looks at the screen
_KEYPAD = "0123456789*#"
_ONE_BUTTON = "Space: press. H: hold for 7 seconds. U: unplug or plug in. Q: quit."
_KEYS = (
    "Space: the red key. 0-9 * #: the keys; after an L they are held. R and a key: red together "
    "with it."
)
_MORE = "P: headset in or out. U: unplug or plug in. Q: quit."
_LONG = 2.2  # seconds


def play(
    emulator: Emulator, stop: threading.Event, record: Path | None, hearing: "Hearing | None"
) -> None:
    """Show the screen and obey the keys until Q or `stop`; then write the recording."""
    recorder = Recorder(emulator)
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        with emulator.serving():
            _Terminal(emulator, recorder, hearing).run(stop)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        if record is not None:
            record.write_text(recorder.text())


class _Terminal:
    """One token in the terminal."""

    def __init__(self, emulator: Emulator, recorder: Recorder, hearing: "Hearing | None") -> None:
        self._emulator, self._recorder, self._hearing = emulator, recorder, hearing
        self._keypad = "keypad" in emulator.board.parts
        self._drawn: list[str] = []
        self._down: dict[str, float] = {}  # keys under a finger, and when it goes up
        self._prefix = ""  # R or L

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            if self._hearing is not None:
                self._hearing.listen()
            self._draw()
            for key in [key for key, due in self._down.items() if time.monotonic() >= due]:
                self._release(key)
            if select.select([sys.stdin], [], [], _FRAME)[0]:
                typed = os.read(sys.stdin.fileno(), 64).decode(errors="replace").lower()
                for key in typed:
                    self._obey(key)
                if "q" in typed or not typed:
                    stop.set()
        for key in list(self._down):
            self._release(key)

    def _draw(self) -> None:
        screen = self._emulator.screen()
        text = " / ".join(self._emulator.screen_text()) or "dark"
        lines = [*render(screen, shutil.get_terminal_size().columns), f"Screen: {text}"]
        if self._hearing is not None:
            lines += self._hearing.lines()
        lines += [_KEYS, _MORE] if self._keypad else [_ONE_BUTTON]
        if lines != self._drawn:
            self._drawn = lines
            sys.stdout.write("\x1b[H\x1b[J" + "\n".join(lines) + "\n")
            sys.stdout.flush()

    def _obey(self, key: str) -> None:
        recorder, emulator = self._recorder, self._emulator
        prefix, self._prefix = self._prefix, ""
        if key == " ":
            self._tap(RED, _TAP)
        elif key == "h" and not self._keypad:
            self._tap(RED, _HOLD)
        elif key == "u":
            (recorder.unplug if emulator.plugged else recorder.plug)()
        elif not self._keypad:
            return
        elif key in ("r", "l"):
            self._prefix = key
        elif key == "p":
            (
                recorder.unplug_headset
                if emulator.board.parts["jack"].plugged
                else recorder.plug_headset
            )()
        elif key in _KEYPAD:
            if prefix == "r":
                self._tap(RED, 3 * _TAP)
            self._tap(key, _LONG if prefix == "l" else _TAP)

    def _tap(self, key: str, seconds: float) -> None:
        """A finger goes down for a while; a key that has one on it already is left alone."""
        if key in self._down:
            return
        self._down[key] = time.monotonic() + seconds
        if key == RED:
            self._recorder.press_down()
        else:
            self._recorder.key_down(key)

    def _release(self, key: str) -> None:
        del self._down[key]
        if key == RED:
            self._recorder.release()
        else:
            self._recorder.key_up(key)

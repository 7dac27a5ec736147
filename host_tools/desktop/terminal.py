"""The emulated token in a terminal: its screen, captions of what it says, and the keyboard for its
keys, headset and cable."""

import os
import select
import shutil
import sys
import termios
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.keys import RED
from emulator.scenario.recorder import Recorder
from emulator.session import Emulator
from emulator.views.terminal import render
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.desktop.captions import Captions

_TAP, _HOLD = 0.12, 7.0  # seconds
_FRAME = 0.05  # seconds between drawings
_KEYPAD = "0123456789*#"
_HOLD_KEYPAD = 2.2  # seconds


def play(
    emulator: Emulator,
    stop: threading.Event,
    record: Path | None,
    captions: "Captions | None",
    spoken: Callable[[str], str] = str,
) -> None:
    """Show the screen and act on typed keys until Q or `stop`; then write the scenario to
    `record`. `spoken` puts a line into the user's language."""
    recorder = Recorder(emulator)
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        with emulator.serving():
            _Terminal(emulator, recorder, captions, spoken).run(stop)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        if record is not None:
            record.write_text(recorder.text())


class _Terminal:
    """Draws one token and turns typed keys into the user's actions."""

    def __init__(
        self,
        emulator: Emulator,
        recorder: Recorder,
        captions: "Captions | None",
        spoken: Callable[[str], str],
    ) -> None:
        self._emulator, self._recorder, self._captions = emulator, recorder, captions
        self._spoken = spoken
        self._keypad = "keypad" in emulator.board.parts
        self._drawn: list[str] = []
        # Keys held down -> when they are released, in virtual time: on a busy machine the token may
        # not have run at all while a moment of real time passed, and would miss the tap.
        self._down: dict[str, float] = {}
        self._prefix = ""  # R or L

    def run(self, stop: threading.Event) -> None:
        """Draw and act until `stop` is set; then release every key."""
        while not stop.is_set():
            if self._captions is not None:
                self._captions.update()
            self._draw()
            for key in [key for key, due in self._down.items() if self._emulator.elapsed >= due]:
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
        text = " / ".join(self._emulator.screen_text()) or Message("terminal.dark")
        lines: list[str] = [
            *render(screen, shutil.get_terminal_size().columns),
            Message("terminal.screen", text=text),
        ]
        if self._captions is not None:
            lines += self._captions.lines()
        if self._keypad:
            lines += [Message("terminal.keys"), Message("terminal.more")]
        else:
            lines.append(Message("terminal.one-button"))
        lines = [self._spoken(line) for line in lines]
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
            self._tap(key, _HOLD_KEYPAD if prefix == "l" else _TAP)

    def _tap(self, key: str, seconds: float) -> None:
        """Hold a key down for virtual `seconds`; nothing when it is down already."""
        if key in self._down:
            return
        if key == RED:
            self._recorder.press_down()
        else:
            self._recorder.key_down(key)
        self._down[key] = self._emulator.elapsed + seconds

    def _release(self, key: str) -> None:
        del self._down[key]
        if key == RED:
            self._recorder.release()
        else:
            self._recorder.key_up(key)

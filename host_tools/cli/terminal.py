"""The token's screen in a terminal, with keys for its button and cable. Drawn again only when a pixel changes."""

import select
import shutil
import sys
import termios
import threading
import time
import tty
from pathlib import Path

from emulator.recorder import Recorder
from emulator.session import Emulator
from emulator.views.terminal import render

HELP = "Space: press. H: hold for 7 seconds. U: unplug or plug in. Q: quit."
_TAP, _HOLD = 0.12, 7.0  # seconds
_FRAME = 0.05  # seconds between looks at the screen


def play(emulator: Emulator, stop: threading.Event, record: Path | None) -> None:
    """Show the screen and obey the keys until Q or `stop`; then write the recording."""
    recorder = Recorder(emulator)
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        with emulator.serving():
            _loop(emulator, recorder, stop)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        if record is not None:
            record.write_text(recorder.text())


def _loop(emulator: Emulator, recorder: Recorder, stop: threading.Event) -> None:
    shown, release_at = None, None
    while not stop.is_set():
        screen = emulator.screen()
        if screen != shown:
            shown = screen
            text = " / ".join(emulator.screen_text()) or "dark"
            drawn = render(screen, shutil.get_terminal_size().columns)
            sys.stdout.write("\x1b[H\x1b[J" + "\n".join([*drawn, f"Screen: {text}", HELP]) + "\n")
            sys.stdout.flush()
        if release_at is not None and time.monotonic() >= release_at:
            recorder.release()
            release_at = None
        if not select.select([sys.stdin], [], [], _FRAME)[0]:
            continue
        key = sys.stdin.read(1).lower()
        if key in ("q", ""):
            stop.set()
        elif key in (" ", "h") and release_at is None:
            recorder.press_down()
            release_at = time.monotonic() + (_TAP if key == " " else _HOLD)
        elif key == "u":
            (recorder.unplug if emulator.plugged else recorder.plug)()
    if release_at is not None:
        recorder.release()

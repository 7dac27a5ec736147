"""Entry point, which MicroPython compiles at every power-on: short. What it starts is
firmware/start.py. A development build ends in the REPL, a production build never does: however the
program ends, the board resets."""

import gc
import sys

import micropython

development = False
try:
    # As in boot.py: MicroPython enables Ctrl-C again for each file that it runs at start-up.
    micropython.kbd_intr(-1)
    gc.threshold(-1)  # no collection but one (start.py) until the first code stands (ui/app.py)
    # Frozen into MicroPython, or else in firmware.mpy.
    sys.path.insert(0, ".frozen")
    from firmware import build

    development = build.DEVELOPMENT

    from firmware import start

    start.run()
finally:
    if development:
        micropython.kbd_intr(3)
    else:
        try:
            start.reset()
        finally:
            # For a broken start.py: SystemExit makes a soft reset, which avoids the REPL too.
            raise SystemExit

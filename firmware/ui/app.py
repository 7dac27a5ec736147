"""The App: display, link, power and time of a token in one event loop. Times are milliseconds of
time.ticks_ms().

What is on the display is one Screen (code, message, comparison, info), or None while the token is
off. What a press means is the business of the product's interaction, a module beside this one: it
names the streams that wake the loop, sets deadlines, and shows screens.
"""

import gc
import select
import sys
import time

from firmware.modules import load
from firmware.ui.screen import Screen

_CONTRAST = (0, 16, 64, 128, 192, 255)  # by brightness 1..5

# Names of the App's own deadlines.
_OFF = "off"
_REFRESH = "refresh"
_TICK = "tick"


class App:
    """A token at work. `run()` never returns by itself."""

    def __init__(self, product: dict, board: dict, development: bool, hardware, vault):
        """Take over the hardware as bring_up() left it and the open vault."""
        self.product = product
        self.board = board
        self.development = development
        self.hardware = hardware
        self.vault = vault
        self.display = hardware.display
        self.clock = hardware.clock
        self.screen: Screen | None = None
        self.text_font = load("firmware.products.fonts." + product["text_font"])
        self.code_font(6)  # its bitmaps are one large piece of memory: while there is one
        self.texts: dict = {}
        self.due: dict = {}  # name of a deadline -> (ticks, what to call then)
        self._serve_host = self._open_link  # until the host has spoken
        self._poller = select.poll()
        self.interaction = load("firmware.ui." + product["interface"] + ".interaction").Interaction(
            self
        )
        self.apply_settings()

    def code_font(self, digits: int):
        """Return the font for a code of that many digits."""
        return load("firmware.products.fonts." + self.product["code_fonts"][digits])

    def battery_low(self) -> bool:
        """Return True when the cell needs charging soon."""
        battery = self.hardware.battery
        return battery is not None and battery.millivolts() < self.product["battery_low_mv"]

    def apply_settings(self) -> None:
        """Bring texts and display in line with the settings, and draw anew what is shown."""
        settings = dict(self.product["settings"])
        settings.update(self.vault.settings)
        if (
            settings["language"] not in self.product["languages"]
        ):  # the image before this one had it
            settings["language"] = self.product["languages"][0]
        self.interaction.apply(settings)
        if "flip" in settings:
            self._display("flip", settings["flip"])
        if "brightness" in settings:
            self._display("contrast", _CONTRAST[settings["brightness"]])
        if "inverted" in settings:
            self._display("invert", settings["inverted"])
        if self.screen is not None:
            self.draw()

    def show(self, screen: Screen | None) -> None:
        """Put a screen on the display and turn it on, or turn the token off with None."""
        was_off = self.screen is None
        self.screen = screen
        if screen is None:
            self._turn_off()
            return
        if was_off and self.hardware.latch is not None:
            self.hardware.latch.hold()
        self.stay_on()
        self.interaction.shown(
            screen
        )  # before it is drawn: a voice that has been sent ahead sounds meanwhile
        self.draw()
        if was_off:
            self._display("on")
            self._keep_ticking()

    def check_screen(self) -> None:
        """Turn off what the host has just made untrue, such as the code of an account that it
        removed."""
        if self.screen is not None and not self.screen.stands():
            self.show(None)

    def stay_on(self) -> None:
        """Count the time to switching off from now on."""
        self.due[_OFF] = (time.ticks_add(time.ticks_ms(), self.product["show_ms"]), self._turn_off)

    def draw(self) -> None:
        """Draw what is shown, as it is now."""
        screen = self.screen
        if screen is None:
            return
        now = time.ticks_ms()
        if self.display is not None:
            self.display.canvas.fill(0)
            screen.draw(self.display.canvas, now)
            self._display("show")
        if screen.refresh_ms is None:
            self.due.pop(_REFRESH, None)
        else:
            self.due[_REFRESH] = (time.ticks_add(now, screen.refresh_ms), self.draw)

    def run(self) -> None:
        """Serve the interaction's streams, host and clock."""
        self._poller.register(sys.stdin, select.POLLIN)
        for source, _ in self.interaction.sources:
            self._poller.register(source, select.POLLIN)
        self.interaction.start()
        while True:
            for ready, _ in self._poller.poll(self._wait_ms()):
                if ready is not sys.stdin:
                    self._serve(ready)
                elif not self._serve_host():
                    self._poller.unregister(sys.stdin)
            self._act_on_time()

    def _serve(self, ready) -> None:
        for source, read in self.interaction.sources:
            if source is ready:
                read()

    def _display(self, action: str, *arguments) -> None:
        """Let the display do something. One that has stopped answering is lost, and the link can
        still tell so."""
        try:
            if self.display is not None:
                getattr(self.display, action)(*arguments)
        except OSError:
            self.display = None
            self.hardware.faults.append("display")

    def _keep_ticking(self) -> None:
        """Give a display its regular signal while it is on, where it wants one."""
        period = getattr(self.display, "tick_ms", None)
        if period is not None:
            self.due[_TICK] = (time.ticks_add(time.ticks_ms(), period), self._tick)

    def _tick(self) -> None:
        self._display("tick")
        self._keep_ticking()

    def _turn_off(self) -> None:
        self.screen = None
        self.due = {}
        self.interaction.shown(None)
        self._display("off")
        if self.hardware.latch is not None:
            self.hardware.latch.release()

    def _open_link(self) -> bool:
        # what is imported stays for good: it should not lie scattered between what goes
        gc.collect()
        from firmware.ui.link_services import Link

        self._serve_host = Link(self).serve
        return self._serve_host()

    def _wait_ms(self) -> int:
        """Return the time to the next deadline, -1 when only a press or the host can bring
        something."""
        now = time.ticks_ms()
        return min([max(0, time.ticks_diff(due, now)) for due, _ in self.due.values()] or [-1])

    def _act_on_time(self) -> None:
        """Do what is due, the earliest first. What one does may put off the others, so look again
        after each."""
        while True:
            now = time.ticks_ms()
            name = None
            late = 0
            for other, (due, _) in self.due.items():
                by = time.ticks_diff(now, due)
                if by >= 0 and (name is None or by > late):
                    name = other
                    late = by
            if name is None:
                return
            self.due.pop(name)[1]()

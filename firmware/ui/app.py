"""The App: one button, one display and the link in one event loop. Times are milliseconds of time.ticks_ms().

What is on the display is one Screen (code, message, comparison, info), or None while the token is off. A press that
turns the token on acts as the button goes down. While something is shown a press acts as the button goes up, unless it
was held for so long that it opened the information pages.
"""

import select
import sys
import time

from firmware.modules import load
from firmware.ui.code import open_code
from firmware.ui.screen import Screen

_CONTRAST = (0, 16, 64, 128, 192, 255)  # by brightness 1..5

# What the clock can bring: names of deadlines.
_OFF = "off"
_HELD = "held"
_REFRESH = "refresh"


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
        self._button = hardware.button
        self._steps_on_release = False
        self._due: dict = {}  # deadline -> ticks
        self._serve_host = self._open_link  # until the host has spoken
        self._poller = select.poll()
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
        self.texts = load("firmware.ui.texts_" + settings["language"]).TEXTS
        self._display("flip", settings["flip"])
        self._display("contrast", _CONTRAST[settings["brightness"]])
        if self.screen is not None:
            self._draw(self.screen)

    def show(self, screen: Screen | None) -> None:
        """Put a screen on the display and turn it on, or turn the token off with None."""
        if screen is None:
            self._turn_off()
            return
        self._draw(screen)
        if self.screen is None:
            if self.hardware.latch is not None:
                self.hardware.latch.hold()
            self._display("on")
        self.screen = screen
        self._stay_on()

    def check_screen(self) -> None:
        """Turn off what the host has just made untrue, such as the code of an account that it removed."""
        if self.screen is not None and not self.screen.stands():
            self._turn_off()

    def run(self) -> None:
        """Serve button, host and clock."""
        self._poller.register(sys.stdin, select.POLLIN)
        if self._button is not None:
            self._poller.register(self._button, select.POLLIN)
        self._start()
        while True:
            for ready, _ in self._poller.poll(self._wait_ms()):
                if ready is self._button:
                    self._read_button()
                elif not self._serve_host():
                    self._poller.unregister(sys.stdin)
            self._act_on_time()

    def _draw(self, screen: Screen) -> None:
        now = time.ticks_ms()
        if self.display is not None:
            self.display.canvas.fill(0)
            screen.draw(self.display.canvas, now)
            self._display("show")
        if screen.refresh_ms is None:
            self._due.pop(_REFRESH, None)
        else:
            self._due[_REFRESH] = time.ticks_add(now, screen.refresh_ms)

    def _display(self, action: str, *arguments) -> None:
        """Let the display do something. One that has stopped answering is lost, and the link can still tell so."""
        try:
            if self.display is not None:
                getattr(self.display, action)(*arguments)
        except OSError:
            self.display = None
            self.hardware.faults.append("display")

    def _stay_on(self) -> None:
        self._due[_OFF] = time.ticks_add(time.ticks_ms(), self.product["show_ms"])

    def _turn_off(self) -> None:
        self.screen = None
        self._due = {}
        self._display("off")
        if self.hardware.latch is not None:
            self.hardware.latch.release()

    def _start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable instead."""
        usb = self.hardware.usb
        if self._button is not None and self._button.down:
            self._press_down(time.ticks_ms())
        elif usb is not None and usb.present():
            self._turn_off()
        else:
            self.show(open_code(self, 0))

    def _read_button(self) -> None:
        while True:
            change = self._button.read()
            if change is None:
                return
            if change[0]:
                self._press_down(change[1])
            else:
                self._press_up(change[1])

    def _press_down(self, at) -> None:
        self._steps_on_release = self.screen is not None
        if self.screen is None:
            self.show(open_code(self, 0))
        else:
            self._stay_on()
        self._due[_HELD] = time.ticks_add(at, self.product["hold_ms"])

    def _press_up(self, at) -> None:
        held_at = self._due.pop(_HELD, None)
        if held_at is not None and time.ticks_diff(at, held_at) >= 0:
            self._held()
        elif self._steps_on_release and self.screen is not None:
            self.show(self.screen.pressed(time.ticks_ms()))
        self._steps_on_release = False

    def _held(self) -> None:
        from firmware.ui.info import Info

        self._steps_on_release = False
        self.show(Info(self))

    def _open_link(self) -> bool:
        from firmware.ui.services import Link

        self._serve_host = Link(self).serve
        return self._serve_host()

    def _wait_ms(self) -> int:
        """Return the time to the next deadline, -1 when only a press or the host can bring something."""
        now = time.ticks_ms()
        return min([max(0, time.ticks_diff(due, now)) for due in self._due.values()] or [-1])

    def _act_on_time(self) -> None:
        now = time.ticks_ms()
        past = [name for name, due in self._due.items() if time.ticks_diff(due, now) <= 0]
        if _OFF in past:
            self._turn_off()
        elif _HELD in past:
            del self._due[_HELD]
            self._held()
        elif _REFRESH in past and self.screen is not None:
            self._draw(self.screen)

"""The App: one button, one display and the link in one event loop. Times are milliseconds of time.ticks_ms().

What is on the display is one screen object (code, message, comparison, info), or None while the token is off. A screen has
`draw(canvas, now)`, `refresh_ms` (how often it wants to be drawn again, or None) and `pressed(now)`, which returns the
screen after a short press.

A press that turns the token on acts as the button goes down. While something is shown a press acts as the button goes up,
unless it was held for so long that it opened the information pages.
"""

import select
import sys
import time

from firmware.modules import load
from firmware.ui.code import open_code

_CONTRAST = (0, 16, 64, 128, 192, 255)  # by brightness 1..5


class App:
    """A token at work. `run()` never returns by itself."""

    def __init__(self, product: dict, board: dict, development: bool, hardware, vault):
        self.product = product
        self.board = board
        self.development = development
        self.hardware = hardware
        self.vault = vault
        self.display = hardware.display
        self.clock = hardware.clock
        self.screen = None
        self.text_font = load("firmware.products.fonts." + product["text_font"])
        self._button = hardware.button
        self._steps_on_release = False
        self._hold_at = None  # when the button will have been held for long, while it is down
        self._off_at = 0
        self._draw_at = None
        self._link = None
        self.apply_settings()

    def code_font(self, digits: int):
        """Return the font for a code of that many digits."""
        return load("firmware.products.fonts." + self.product["code_fonts"][digits])

    def battery_low(self) -> bool:
        """Return True when the cell needs charging soon."""
        battery = self.hardware.battery
        return battery is not None and battery.millivolts() < self.product["battery_low_mv"]

    def setting(self, name: str):
        """Return a setting of this token, or the product's own."""
        return self.vault.settings.get(name, self.product["settings"][name])

    def apply_settings(self) -> None:
        """Bring texts and display in line with the settings."""
        self.texts = load("firmware.ui.texts_" + self.setting("language")).TEXTS
        try:
            if self.display is not None:
                self.display.flip(self.setting("flip"))
                self.display.contrast(_CONTRAST[self.setting("brightness")])
        except OSError:
            self._lose_display()

    def show(self, screen) -> None:
        """Put a screen on the display and turn it on, or turn the token off with None."""
        if screen is None:
            self._turn_off()
            return
        was_off = self.screen is None
        self.screen = screen
        self.draw()
        if was_off:
            if self.hardware.latch is not None:
                self.hardware.latch.hold()
            self._display("on")
        self.stay_on()

    def stay_on(self) -> None:
        """Count the time to switching off anew."""
        self._off_at = time.ticks_add(time.ticks_ms(), self.product["show_ms"])

    def draw(self) -> None:
        """Draw the screen as it is now."""
        now = time.ticks_ms()
        if self.display is not None:
            self.display.canvas.fill(0)
            self.screen.draw(self.display.canvas, now)
            self._display("show")
        refresh = self.screen.refresh_ms
        self._draw_at = None if refresh is None else time.ticks_add(now, refresh)

    def _display(self, action: str) -> None:
        try:
            if self.display is not None:
                getattr(self.display, action)()
        except OSError:
            self._lose_display()

    def _lose_display(self) -> None:
        """Go on without a display that stopped answering: the link can still tell what is wrong."""
        self.display = None
        self.hardware.faults.append("display")

    def _turn_off(self) -> None:
        self.screen = None
        self._draw_at = None
        self._display("off")
        if self.hardware.latch is not None:
            self.hardware.latch.release()

    def _on_usb(self) -> bool:
        return self.hardware.usb is not None and self.hardware.usb.present()

    def _start(self) -> None:
        """Act on the press that switched the power on. On USB power it may have been the cable instead."""
        down = self._button is not None and self._button.down
        if down:
            self._press_down(time.ticks_ms())
        elif self._on_usb():
            self._turn_off()
        else:
            self.show(open_code(self, 0))

    def _press_down(self, at: int) -> None:
        self._hold_at = time.ticks_add(at, self.product["hold_ms"])
        self._steps_on_release = self.screen is not None
        if self.screen is None:
            self.show(open_code(self, 0))
        else:
            self.stay_on()

    def _press_up(self, at: int) -> None:
        if self._hold_at is not None and time.ticks_diff(at, self._hold_at) >= 0:
            self._held()
        elif self._steps_on_release and self.screen is not None:
            self.show(self.screen.pressed(time.ticks_ms()))
        self._hold_at = None
        self._steps_on_release = False

    def _held(self) -> None:
        from firmware.ui.info import Info

        self._hold_at = None
        self._steps_on_release = False
        self.show(Info(self))

    def _read_button(self) -> None:
        while True:
            change = self._button.read()
            if change is None:
                return
            if change[0]:
                self._press_down(change[1])
            else:
                self._press_up(change[1])

    def _serve_host(self) -> None:
        if self._link is None:
            from firmware.ui.services import open_link

            self._link = open_link(self)
        self._link.serve()

    def _wait_ms(self, now: int) -> int:
        """Return the time to the next thing to do by the clock, -1 when only a press or the host can bring one."""
        wait = -1
        if self.screen is not None:
            for due in (self._off_at, self._draw_at, self._hold_at):
                if due is not None:
                    left = max(0, time.ticks_diff(due, now))
                    wait = left if wait < 0 else min(wait, left)
        return wait

    def _act_on_time(self, now: int) -> None:
        if self.screen is None:
            return
        if time.ticks_diff(self._off_at, now) <= 0:
            self.show(None)
        elif self._hold_at is not None and time.ticks_diff(self._hold_at, now) <= 0:
            self._held()
        elif self._draw_at is not None and time.ticks_diff(self._draw_at, now) <= 0:
            self.draw()

    def run(self) -> None:
        """Serve button, host and clock."""
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        if self._button is not None:
            poller.register(self._button, select.POLLIN)
        self._start()
        while True:
            for ready, _ in poller.poll(self._wait_ms(time.ticks_ms())):
                if ready is self._button:
                    self._read_button()
                else:
                    self._serve_host()
            self._act_on_time(time.ticks_ms())

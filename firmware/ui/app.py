"""The App: display, link, power and time of a token in one event loop. Times are milliseconds of
time.ticks_ms().

One Screen (code, message, comparison, info) is on the display, or None while the token is off. What
a press means is decided by the product's interaction (ui/fob or ui/speaking): it names the streams
that wake the loop, sets deadlines with `after()`, and shows screens.
"""

import gc
import select
import sys
import time

from firmware.modules import COLLECT_EVERY, UPDATE, load, load_together, release

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, Font, Hardware, ProductInteraction, Screen, Ticks, Vault

_CONTRAST = (0, 16, 64, 128, 192, 255)  # by brightness 1..5

# The App's own deadlines.
_OFF = "off"
_REFRESH = "refresh"
_TICK = "tick"
_FIND = "find"  # to look again for a display that does not answer
_LINK = "link"  # to load what a host will need
_FIND_MS = 100

# Of the link, in the order in which they need each other.
_LINK_MODULES = (
    "crypto.primitives",
    "protocol.cipher",
    "protocol.frames",
    "storage.credentials",
    "link.requests",
    "link.session",
    "ui.link_services",
)


class App:
    """A token at work. `run()` never returns by itself."""

    def __init__(
        self, product: dict, board: dict, development: bool, hardware: "Hardware", vault: "Vault"
    ):
        """Take over the hardware as bring_up() left it and the open vault."""
        self.product = product
        self.board = board
        self.development = development
        self.hardware = hardware
        self.vault = vault
        self.display: Any = hardware.display
        self.clock = hardware.clock
        self.screen: Any = None  # the Screen that is shown
        self._language: Callable[[], tuple] | None = None
        self._words: tuple = ({}, False)
        self.time_outs = 1  # how many times as long it waits for its user
        self._settings: dict = {}
        self._deadlines: dict = {}  # name -> (ticks, what to call then)
        self._serve_host: Callable[[], bool] = self._open_link  # until the link is loaded
        self._linked = False
        self._poller = select.poll()
        self.interaction: ProductInteraction = load(
            "firmware.ui.%s.interaction" % product["interface"]  # noqa: UP031
        ).Interaction(self)
        self.apply_settings()

    @property
    def text_font(self) -> "Font":
        """The font for text."""
        return self._font(self.product["text_font"])

    def use_language(self, words: "Callable[[], tuple]") -> None:
        """Take texts, and whether their verbs come last, from `words` when they are first needed:
        what is said before needs none, and loading them takes 30 ms."""
        self._language = words

    @property
    def texts(self) -> dict:
        """The texts of the language."""
        return self._loaded_words()[0]

    @property
    def verb_last(self) -> bool:
        """Whether a verb comes last in that language."""
        return self._loaded_words()[1]

    def _loaded_words(self) -> tuple:
        if self._language is not None:
            self._words = self._language()
            self._language = None
        return self._words

    def code_font(self, digits: int) -> "Font":
        """Return the font for a code of that many digits."""
        return self._font(self.product["code_fonts"][digits])

    def _font(self, name: str) -> "Font":
        return load("firmware.products.fonts." + name)

    def battery_low(self) -> bool:
        """Return True when the cell needs charging soon, and is not charged already."""
        battery = self.hardware.battery
        return (
            battery is not None
            and battery.millivolts() < self.product["battery_low_mv"]
            and not self.charging()
        )

    def charging(self) -> bool:
        """Return True while the cell is charged; a board need not be able to tell."""
        charger = self.hardware.part("charger")
        return charger is not None and charger.charging()

    def apply_settings(self) -> None:
        """Apply the settings to texts and display, and redraw the screen that is shown."""
        settings = dict(self.product["settings"])
        settings.update(self.vault.settings)
        if settings["language"] not in self.product["languages"]:
            # an earlier image of this token had that language
            settings["language"] = self.product["languages"][0]
        if settings == self._settings:
            settings = self._settings  # what stays is not made anew among the garbage of a request
        self.interaction.apply(settings)
        self.time_outs = settings["time_outs"]
        self._settings = settings
        if self.display is None:
            self._find_display()
        else:
            self._set_display()
        self.draw()

    def _set_display(self) -> None:
        settings = self._settings
        if "flip" in settings:
            self._display("flip", settings["flip"])
        if "brightness" in settings:
            self._display("contrast", _CONTRAST[settings["brightness"]])
        if "inverted" in settings:
            self._display("invert", settings["inverted"])

    # Screen

    def show(self, screen: "Screen") -> None:
        """Put a screen on the display, and turn the token on if it is off."""
        was_off = self.screen is None
        self.screen = screen
        if was_off and self.hardware.latch is not None:
            self.hardware.latch.hold()
        self.stay_on()
        # Before the screen is drawn: speech that has been sent ahead sounds meanwhile.
        self.interaction.shown(screen)
        if self.display is None:
            self._find_display()
        # Where a transfer ends midway, the new code's digits would stand beside the old one's.
        self._display("hide")
        self.draw()
        self._display("on")
        if was_off:
            self._keep_ticking()
        if self.display is not None:
            self.works()

    def turn_off(self) -> None:
        """Turn display and token off. On battery the power goes with it."""
        self.screen = None
        self._deadlines = {}
        self.interaction.turned_off()
        self._display("off")
        if self.hardware.latch is not None:
            self.hardware.latch.release()
            self.hardware.doze()
        usb = self.hardware.usb
        if usb is not None and usb.present():
            self.after(_LINK, 0, self.expect_host)  # nobody waits now, and a host may come

    def _load_what_stays(self) -> None:
        self.code_font(6)
        self._font(self.product["text_font"])
        self._loaded_words()

    def expect_host(self) -> None:
        """Load what a host will need, and would else wait for."""
        if self._linked:
            return
        # What is imported stays for good: it should not lie scattered between what goes.
        gc.threshold(-1)
        self._load_what_stays()
        release()
        gc.collect()
        load_together(*_LINK_MODULES)
        from firmware.ui.link_services import SerialLink

        release()
        gc.collect()
        gc.threshold(COLLECT_EVERY)
        self._serve_host = SerialLink(self).serve
        self._linked = True

    def check_screen(self) -> None:
        """Turn off when the host has just invalidated what is shown, such as the code of an account
        that it removed."""
        if self.screen is not None and not self.screen.still_valid():
            self.turn_off()

    def works(self) -> None:
        """Keep the firmware that runs, if it is an update on trial: it has shown something, or
        answered a host."""
        if UPDATE in sys.path:
            from firmware.storage.update_slot import keep_running

            keep_running()

    def stay_on(self) -> None:
        """Count the time to switching off from now on."""
        self.after(_OFF, self.product["show_ms"] * self.time_outs, self.interaction.time_over)

    def draw(self) -> None:
        """Draw what is shown, as it is now."""
        screen = self.screen
        if screen is None:
            return
        now = time.ticks_ms()
        if self.display is not None:
            self.display.blank()
            screen.draw(self.display.canvas, now)
            self._display("show")
        if screen.refresh_ms is None:
            self.cancel(_REFRESH)
        else:
            self.after(_REFRESH, screen.refresh_ms, self.draw, now)

    # Deadlines

    def after(
        self, name: str, ms: int, action: "Callable[[], object]", since: "Ticks | None" = None
    ) -> None:
        """Call `action` once, that long after now or after the ticks `since`. It replaces a
        deadline of the same name."""
        start = time.ticks_ms() if since is None else since
        self._deadlines[name] = (time.ticks_add(start, ms), action)

    def cancel(self, name: str) -> bool:
        """Drop a deadline; return whether it was set."""
        return self._deadlines.pop(name, None) is not None

    def reached(self, name: str, at: "Ticks") -> bool:
        """Return True when a deadline is set and the ticks `at` are not before it."""
        deadline = self._deadlines.get(name)
        return deadline is not None and time.ticks_diff(at, deadline[0]) >= 0

    # Event loop

    def run(self) -> None:
        """Serve the interaction's streams, the host and the deadlines."""
        self.interaction.start()
        self._poller.register(sys.stdin, select.POLLIN)
        for source, _ in self.interaction.sources:
            self._poller.register(source, select.POLLIN)
        # Before the memory is divided into pieces by what goes.
        self._load_what_stays()
        release()
        gc.collect()
        gc.threshold(COLLECT_EVERY)
        while True:
            for ready, _ in self._poller.poll(self._wait_ms()):
                if ready is not sys.stdin:
                    self._serve(ready)
                elif not self._serve_host():
                    self._poller.unregister(sys.stdin)
            self._call_due()

    def _serve(self, ready: object) -> None:
        """Read a stream of the interaction. What wakes the token is answered before garbage is
        collected."""
        if self.screen is None:
            gc.threshold(-1)
        for source, read in self.interaction.sources:
            if source is ready:
                read()
        gc.threshold(COLLECT_EVERY)

    def _display(self, action: str, *arguments: object) -> None:
        """Call a method of the display's driver. A display that has stopped answering counts as
        absent until it is found again, and the link reports it."""
        try:
            if self.display is not None:
                getattr(self.display, action)(*arguments)
        except OSError:
            self.display = None
            if "display" not in self.hardware.faults:
                self.hardware.faults.append("display")
            self.after(_FIND, _FIND_MS, self._show_again)

    def _find_display(self) -> None:
        """Bring up a display that does not answer, or not yet; look again while something is
        shown."""
        try:
            self.display = self.hardware.again("display")
        except OSError:
            if self.screen is not None:
                self.after(_FIND, _FIND_MS, self._show_again)
            return
        self._set_display()

    def _show_again(self) -> None:
        self._find_display()
        if self.screen is not None:
            self.draw()
            self._display("on")
            self._keep_ticking()

    def _keep_ticking(self) -> None:
        """Set the next tick of a display that needs one regularly while it is on."""
        period = getattr(self.display, "tick_ms", None)
        if period is not None:
            self.after(_TICK, period, self._tick)

    def _tick(self) -> None:
        self._display("tick")
        self._keep_ticking()

    def _open_link(self) -> bool:
        self.expect_host()
        return self._serve_host()

    def _wait_ms(self) -> int:
        """Return the time to the next deadline, -1 when there is none."""
        now = time.ticks_ms()
        return min(
            [max(0, time.ticks_diff(due, now)) for due, _ in self._deadlines.values()] or [-1]
        )

    def _call_due(self) -> None:
        """Call what is due, the earliest first. One call may move the other deadlines, so look
        again after each."""
        while True:
            now = time.ticks_ms()
            name = None
            late = 0
            for other, (due, _) in self._deadlines.items():
                by = time.ticks_diff(now, due)
                if by >= 0 and (name is None or by > late):
                    name = other
                    late = by
            if name is None:
                return
            self._deadlines.pop(name)[1]()

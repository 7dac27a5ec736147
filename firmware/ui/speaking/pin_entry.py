"""The dialogues for the PIN and for a new one. Imported when there is a PIN. Times are milliseconds
of time.ticks_ms()."""

import time

from firmware.protocol.messages import MAX_PIN, MIN_PIN
from firmware.speech.say import time_left
from firmware.storage.pin import WAITS, set_pin, simple, try_pin
from firmware.storage.vault import BLOCKED, PIN_TRIES, VaultError
from firmware.ui.code_source import trusted_time
from firmware.ui.speaking.entry import HiddenEntry
from firmware.ui.speaking.view import MessageView, View, asked, failure

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, App, Lines, Ticks, Vault


class PinEntry:
    """Asks for the PIN, and lets the user change it."""

    def __init__(self, app: "App"):
        """Ask for the PIN of this App's vault."""
        self._app = app
        self._since = time.ticks_ms()  # start of a wait where no clock tells the time

    def ask(self, then: "Callable[[], View]") -> View:
        """Return the entry of the PIN, or the wait before it; then() gives the view after the right
        PIN."""
        left = self._wait_left()
        lines = tries_left(self._app.vault)
        if left:
            return PinWait(self._app, ["pin"], lines, left)
        return self._entry(asked(self._app, "pin"), then, lines)

    def change(self) -> View:
        """Return the entries of the PIN, of a new one, and of the new one again."""
        return self.ask(lambda: self._ask_new([["pin_size"]]))

    def _entry(self, title: list, then: "Callable[[], View]", lines: "Lines" = ()) -> View:
        return HiddenEntry(
            self._app, title, MIN_PIN, MAX_PIN, lambda typed: self._try(typed, then), lines
        )

    def _try(self, typed: str, then: "Callable[[], View]") -> View:
        app = self._app
        vault = app.vault
        if vault.pin is None:  # the host has just removed it
            return then()
        now = self._now()
        self._since = time.ticks_ms()
        try:
            right = try_pin(vault, typed, now or 0)
        except VaultError:
            return failure(app, "storage_failed")
        if right:
            return then()
        if vault.state == BLOCKED:
            return failure(app, "blocked")
        title = ["pin", "is_wrong"]
        lines = tries_left(vault)
        left = self._wait_left()
        if left:
            return PinWait(app, title, lines, left)
        return self._entry(title, then, lines + [asked(app, "pin")])

    def _ask_new(self, lines: "Lines") -> View:
        # Red and 0 would lead to the code, and say the digits of the new PIN aloud as its check.
        interaction: Any = self._app.interaction
        interaction.accounts.forget()
        entry = HiddenEntry(
            self._app,
            ["new_pin"],
            MIN_PIN,
            MAX_PIN,
            lambda new: self._ask_again(new, entry),
            lines,
        )
        return entry

    def _ask_again(self, new: str, entry: HiddenEntry) -> View:
        if simple(new):
            return self._ask_new([["too_simple"]])
        lines = [["again"]]
        again = HiddenEntry(
            self._app, ["new_pin"], MIN_PIN, MAX_PIN, lambda typed: self._change(new, typed), lines
        )
        return again.after(entry, "new_pin")

    def _change(self, new: str, again: str) -> View:
        app = self._app
        if new != again:
            return self._ask_new([["differs", "try_again"]])
        try:
            set_pin(app.vault, new, app.hardware.random)
        except VaultError:
            return Outcome(app, "storage_failed", "try_again")
        return Outcome(app, "new_pin", "saved")

    def _now(self) -> int | None:
        try:
            return trusted_time(self._app)
        except OSError:
            return None

    def _wait_left(self) -> int:
        """Return the seconds until the next try."""
        pin = self._app.vault.pin
        if pin is None:  # the host has just removed it
            return 0
        wait = WAITS[pin["tries"]]
        now = self._now()
        if now is None or now < pin["at"]:
            return max(0, wait - time.ticks_diff(time.ticks_ms(), self._since) // 1000)
        return max(0, pin["at"] + wait - now)


def tries_left(vault: "Vault") -> list:
    """Return the paragraph that says how many tries are left after a wrong PIN, none when the last
    one was right."""
    tries = 0 if vault.pin is None else vault.pin["tries"]
    return [["tries_left", str(PIN_TRIES - tries)]] if tries else []


class Outcome(MessageView):
    """What has become of a new PIN. Until it was heard to its end, keys and functions say it
    again."""

    kind = "unheard"
    stays = asks = True

    def __init__(self, app: "App", what: str, outcome: str):
        """Say what it is about, and the outcome."""
        self._phrases = [what, outcome]
        MessageView.__init__(self, app, what, outcome)

    def from_start(self) -> View:
        """Return this view without what a function said."""
        what, outcome = self._phrases
        self.title = [what]
        self.lines = [[outcome]]
        return View.from_start(self)

    def tell(self, view: View) -> View:
        """Return this view with what a function says before it, in place of the title: else that
        would seem to be about the PIN."""
        told = view.told()
        self.title = told[0]
        self.lines = told[1:] + [self._phrases]
        return View.from_start(self)

    def heard(self) -> None:
        """Let the keys do what they do."""
        self.kind = ""
        self.stays = self.asks = False


class PinWait(View):
    """How long to wait before the next try; in the end, that it may be made."""

    refresh_ms: int | None = 1000
    stays = True

    def __init__(self, app: "App", title: list, lines: list, seconds: int):
        """Count from now."""
        self._ends = time.ticks_add(time.ticks_ms(), seconds * 1000)
        self._over = False
        self.going_on = [["wait", self._number, self._unit]]
        self._tries = lines
        View.__init__(self, app, title, "", lines + self.going_on)

    def from_start(self) -> View:
        """Return this view with the tries that are left."""
        return self._with(self._tries)

    def tell(self, view: View) -> View:
        """Return this view with what a function says, and how long to wait still."""
        return self._with(view.told())

    def _with(self, lines: list) -> View:
        self.lines = lines + (self.going_on or [["press_red"]])
        return View.from_start(self)

    def watch_ms(self, now: "Ticks") -> int | None:
        """Return the milliseconds to the end of the wait."""
        return None if self._over else max(0, time.ticks_diff(self._ends, now))

    def ends_now(self) -> bool:
        """Return True, once, when it has ended."""
        if self._over or time.ticks_diff(self._ends, time.ticks_ms()) > 0:
            return False
        self._over = True
        self.refresh_ms = None
        self.going_on = []
        self.title = ["pin"]
        self.lines = [["press_red"]]
        return True

    def _left(self) -> tuple:
        return time_left((time.ticks_diff(self._ends, time.ticks_ms()) + 999) // 1000)

    def _number(self) -> str:
        return self._left()[0]

    def _unit(self) -> str:
        return self._left()[1]

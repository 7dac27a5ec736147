"""The accounts of a token that speaks: which one is selected, its codes, and the PIN in front of
them."""

import time

from firmware.storage.vault import BLOCKED
from firmware.ui.code_source import NoCodeError, generate_code
from firmware.ui.speaking.code import Code, Digits, time_needed, too_late
from firmware.ui.speaking.view import View, failure

if False:
    from firmware.interfaces import Any, App, PinEntry  # type: ignore[unreachable]

_TRAINING_DIGITS = 5


class Accounts:
    """The selected account and the last code. A PIN is asked for once, before the first code after
    power-on."""

    def __init__(self, app: "App"):
        """Select the first account."""
        self._app = app
        self._index = 0
        self._pin_entry: PinEntry | None = None  # made when there is a PIN to ask for
        self._unlocked = False
        self.last: Digits | None = None  # the last code, to be repeated
        self._kept: Code | None = None  # the last one that is no training

    def new_code(self, speed: int | None = None) -> View:
        """Return a new code of the selected account, what comes first (PIN, challenge, the wait for
        a fresh one), or why there is no code. It is to be read at that speed, None for the user's;
        see time_needed()."""
        app = self._app
        vault = app.vault
        if self._index >= len(vault.credentials):
            self._index = 0
        if (
            vault.pin is not None
            and vault.credentials
            and vault.state != BLOCKED
            and not self._unlocked
        ):
            self._keep(None)
            return self.pin_entry().ask(self._unlock)
        if (
            vault.credentials
            and vault.state != BLOCKED
            and vault.credentials[self._index]["kind"] == "ocra"
        ):
            from firmware.ui.speaking.challenge import ChallengeDialogue

            # The response before stands until there is another one.
            repeats = self._lasts() and self.last is self._kept
            lines = [["red", "0", "repeat"]] if repeats else []
            return ChallengeDialogue(app, self._index, self._keep, lines).begin()
        before = self.last
        code: Any = self._take()
        left = None if self.last is None else code.left(time.ticks_ms())
        if left is None or not too_late(app, code.name, left, len(code.number), code.period, speed):
            return code
        from firmware.ui.speaking.fresh_period import FreshPeriod

        self.last = before  # until the fresh one comes
        return FreshPeriod(app, code.name, code.period, left, code.still_valid, self._take)

    def code_for_own_pace(self) -> View:
        """Return the last code; where it tells the time and too little of it is left, new_code()
        instead."""
        last: Any = self.last
        left = last.left(time.ticks_ms())
        held = self._app.vault.credentials
        if (
            left is None
            or self._index >= len(held)
            or held[self._index]["kind"] != "totp"  # a response is not given twice
            or left >= time_needed(self._app, last.name, len(last.number), last.period, 1)
        ):
            return last
        return self.new_code(1)

    def _take(self) -> View:
        """Return the code of this moment, or why there is none."""
        try:
            code, period, left = generate_code(self._app, self._index)
        except NoCodeError as error:
            self._keep(None)
            return failure(self._app, error.reason)
        before = self.last
        taken = self._keep(Code(self._app, self._index, code, period, left))
        return taken if before is None else taken.in_place_of(before)

    def begin(self) -> View:
        """Return new_code() where that does no harm, else that a code is pending: a counter moves
        with it, and a second press may follow that asks for something else."""
        if not self._counts():
            return self.new_code()
        from firmware.ui.speaking.pending_code import PendingCode

        self._keep(None)
        several = len(self._app.vault.credentials) > 1  # the name is said with the code
        return PendingCode(self._app, ["account", str(self._index + 1)] if several else ["red"])

    def after_red(self, screen: View) -> View:
        """Return what the red key alone leads to: from another screen back to a code that lasts,
        else a new code."""
        if not self._goes_back(screen):
            return self.new_code()
        kept: Any = self._kept
        self.last = kept
        return kept.from_start()

    def harmless(self, screen: View) -> bool:
        """Return True when after_red() can be taken back: no counter moves, and no code is left
        that lasts."""
        return self._goes_back(screen) or not (self._counts() or self._lasts())

    def _goes_back(self, screen: View) -> bool:
        return self._kept is not screen and self._lasts()

    def _lasts(self) -> bool:
        """Return True while there is a code that is good until another one is asked for."""
        kept = self._kept
        return (
            kept is not None
            and kept.lasting
            and kept.left(time.ticks_ms()) != 0
            and kept.still_valid()
        )

    def _counts(self) -> bool:
        """Return True when a new code moves a counter."""
        vault = self._app.vault
        held = vault.credentials
        if vault.state == BLOCKED or (vault.pin is not None and not self._unlocked):
            return False
        return self._index < len(held) and held[self._index]["kind"] == "hotp"

    def next_account(self) -> View:
        """Select the account after this one and return its code, as begin() does."""
        count = len(self._app.vault.credentials)
        self._index = (self._index + 1) % count if count else 0
        self._keep(None)
        return self.begin()

    def training_code(self) -> View:
        """Return a code for training. It has five digits, and codes have six at least (RFC 4226,
        section 4, R4), so it is never a valid one."""
        digits = "".join([str(byte % 10) for byte in self._app.hardware.random(_TRAINING_DIGITS)])
        self.last = Digits(self._app, ["practice"], digits, [["not_valid"]])
        return self.last

    def pin_entry(self) -> "PinEntry":
        """Return the dialogue for the PIN."""
        if self._pin_entry is None:
            from firmware.ui.speaking.pin_entry import PinEntry

            self._pin_entry = PinEntry(self._app)
        return self._pin_entry

    def forget(self) -> None:
        """Forget the last code, and that the PIN was entered: the token goes off."""
        self._keep(None)
        self._unlocked = False

    def _keep(self, code: "Any") -> "Any":
        """Note the last code, or that there is none; return it."""
        self.last = self._kept = code
        return code

    def _unlock(self) -> View:
        self._unlocked = True
        return self.new_code()

"""Answering a challenge: what is typed is read back digit by digit and confirmed before the code is
given (RFC 6287).

What you hear is what you sign: the question is made of the digits that were read back and of
nothing else. Imported when an account that answers challenges is chosen. Times are milliseconds of
time.ticks_ms().
"""

import time

from firmware.otp.ocra import ocra, parse
from firmware.otp.totp import remaining
from firmware.protocol.messages import MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE, MAX_PIN, MIN_PIN
from firmware.storage.errors import VaultError
from firmware.storage.vault import BLOCKED, DAMAGED
from firmware.ui.code_source import trusted_time
from firmware.ui.speaking.code import Code
from firmware.ui.speaking.entry import ENTERED, Entry, Hidden, fours
from firmware.ui.speaking.failure import trouble
from firmware.ui.speaking.view import View

_MIN_QUESTION = 4  # digits
_LONGEST_SHOWN = 60  # seconds: a longer step has no bar, as what is left of it could not be said


class Challenge:
    """One challenge from the first key to the code."""

    def __init__(self, app, index: int, answered):
        """Ask for the account at that index; answered(code) gives the view in the end."""
        self._app = app
        self._index = index
        self._held = app.vault.credentials[index]
        self._suite = parse(self._held["suite"])
        self._answered = answered
        self._pin: str | None = None

    def begin(self) -> View:
        """Return what asks for the first thing to type: the account's PIN, where the suite has one,
        or the number."""
        if self._suite["pin"]:
            return Hidden(self._app, self._title("pin"), MIN_PIN, MAX_PIN, self._number)
        return self._number(None)

    def _title(self, key: str) -> list:
        several = len(self._app.vault.credentials) > 1
        return ["account", str(self._index + 1), key] if several else [key]

    def _number(self, pin: str | None) -> View:
        self._pin = pin
        if self._held["entry"] == "payment":
            return Entry(self._app, self._title("amount"), 1, MAX_AMOUNT, self._payee)
        most = min(self._suite["size"], MAX_CHALLENGE)
        return Entry(self._app, self._title("number"), _MIN_QUESTION, most, self._one_number)

    def _one_number(self, number: str) -> View:
        return Confirm(
            self._app, [["number", fours(number)]], lambda: self._answer(number), self.begin
        )

    def _payee(self, amount: str) -> View:
        return Entry(
            self._app,
            ["payee"],
            _MIN_QUESTION,
            MAX_PAYEE,
            lambda payee: self._payment(amount, payee),
        )

    def _payment(self, amount: str, payee: str) -> View:
        # How long the amount is stands in front: no two payments make the same question.
        question = str(len(amount)) + amount + payee
        lines = [["amount", (amount,)], ["payee", fours(payee)]]
        return Confirm(self._app, lines, lambda: self._answer(question), self.begin)

    def _answer(self, question: str) -> View:
        """Return the code, or what stands in its way. What the host has changed meanwhile
        counts."""
        app = self._app
        vault = app.vault
        credentials = vault.credentials
        if vault.state in (BLOCKED, DAMAGED):
            return trouble(app, vault.state)
        if self._index >= len(credentials) or credentials[self._index] != self._held:
            return trouble(app, "not_provisioned")
        step = self._suite["step"]
        now = None
        left = period = 0
        counter = None
        if step:
            try:
                now = trusted_time(app)
            except OSError:
                return trouble(app, "clock_absent")
            if now is None:
                return trouble(app, "clock_lost")
            if step <= _LONGEST_SHOWN:
                period = step
                left = remaining(now, step)
        if self._suite["counter"]:
            try:
                counter = vault.next_counter(self._index)
            except VaultError:
                return trouble(app, "storage_failed")
        code = ocra(
            self._held["secret"], self._held["suite"], question, counter, self._pin, None, now
        )
        return self._answered(Code(app, self._index, code, period, left))


class Confirm(View):
    """What was typed, read back. Red gives the code, the star begins again."""

    def __init__(self, app, lines, then, again):
        """Read the lines back; then() gives the code's view, again() what to type first."""
        View.__init__(self, app, ["is_right"], "", lines + [["press_red"], ["star", "clear"]])
        self._then = then
        self._again = again

    def key(self, key: str):
        """Begin again with the star."""
        return self._again() if key == "*" else None

    def red(self):
        """Give the code."""
        self.app.due[ENTERED] = (time.ticks_ms(), self._go_on)
        return False

    def _go_on(self) -> None:
        self.app.show(self._then())

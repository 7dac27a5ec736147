"""Answering a challenge: what is typed is read back digit by digit and confirmed before the code is
given (RFC 6287).

What is heard is what is signed: the OCRA question consists of the digits that were read back and of
nothing else. Imported when an account that answers challenges is chosen. Times are seconds.
"""

from firmware.otp.codes import remaining
from firmware.otp.ocra import ocra, parse
from firmware.protocol.messages import MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE, MAX_PIN, MIN_PIN
from firmware.speech.say import grouped
from firmware.storage.vault import BLOCKED, DAMAGED, VaultError
from firmware.ui.code_source import trusted_time
from firmware.ui.speaking.code import Code, account_name, too_late
from firmware.ui.speaking.entry import ENTERED, HiddenEntry, NumberEntry, Question, groups_of_four
from firmware.ui.speaking.view import View, asked, failure

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import App, Lines, Screen

_MIN_QUESTION = 4  # digits
_LONGEST_SHOWN = 60  # seconds: a longer step has no bar, as what is left of it could not be said


class ChallengeDialogue:
    """One challenge from the first key to the code."""

    def __init__(
        self, app: "App", index: int, answered: "Callable[[Code], View]", hint: "Lines" = ()
    ):
        """Ask for the account at that index; answered(code) gives the view in the end. The hint is
        said at the first entry while nothing is typed."""
        self._app = app
        self._index = index
        self._held = app.vault.credentials[index]
        self._suite = parse(self._held["suite"])
        self._answered = answered
        self._pin: str | None = None
        self._hint = hint

    def begin(self) -> View:
        """Return the first entry: the account's PIN where the suite has one, else the number."""
        if self._suite["pin"]:
            entry: NumberEntry = HiddenEntry(
                self._app,
                self._title("pin"),
                MIN_PIN,
                MAX_PIN,
                lambda pin: self._enter_number(pin).after(entry, "pin"),
            )
        else:
            entry = self._enter_number(None)
        entry.first = True
        entry.hint = self._hint
        return entry.from_start()

    def _title(self, what: str) -> list:
        return account_name(self._app, self._index) + asked(self._app, what)

    def _enter_number(self, pin: str | None) -> NumberEntry:
        self._pin = pin
        app = self._app
        if self._held["entry"] == "payment":
            entry: NumberEntry = AmountEntry(
                app,
                self._title("amount"),
                1,
                MAX_AMOUNT,
                lambda amount: self._enter_payee(amount).after(entry, "amount"),
            )
        else:
            entry = NumberEntry(
                app,
                self._title("number"),
                _MIN_QUESTION,
                min(self._suite["size"], MAX_CHALLENGE),
                lambda number: self._confirm_number(number, entry),
            )
        return entry

    def _confirm_number(self, number: str, entry: NumberEntry) -> View:
        return Confirmation(
            self._app,
            [["number", groups_of_four(number)]],
            lambda confirmation: self._answer(number, confirmation),
            entry,
        )

    def _enter_payee(self, amount: str) -> NumberEntry:
        entry = NumberEntry(
            self._app,
            asked(self._app, "payee"),
            _MIN_QUESTION,
            MAX_PAYEE,
            lambda payee: self._confirm_payment(amount, payee, entry),
        )
        return entry

    def _confirm_payment(self, amount: str, payee: str, entry: NumberEntry) -> View:
        # The length of the amount comes first, so that no two payments make the same question.
        question = str(len(amount)) + amount + payee
        lines = [["amount", (amount,)], ["payee", groups_of_four(payee)]]
        return Confirmation(
            self._app,
            lines,
            lambda confirmation: self._answer(question, confirmation),
            entry,
        )

    def _answer(self, question: str, confirmation: "Confirmation | None" = None) -> View:
        """Return the code or the failure; after a confirmation also the wait for the code of a
        fresh period. The vault may have changed since the challenge began."""
        app = self._app
        if app.vault.state in (BLOCKED, DAMAGED):
            return failure(app, app.vault.state)
        if not self._valid():
            return failure(app, "not_provisioned")
        step = self._suite["step"]
        now = None
        left = period = 0
        counter = None
        if step:
            try:
                now = trusted_time(app)
            except OSError:
                return failure(app, "clock_absent")
            if now is None:
                return failure(app, "clock_lost")
            if step <= _LONGEST_SHOWN:
                period = step
                left = remaining(now, step)
                digits = self._suite["digits"]
                name = account_name(app, self._index)
                if confirmation is not None and too_late(app, name, left * 1000, digits, period):
                    return self._wait(question, period, left, confirmation)
        if self._suite["counter"]:
            try:
                counter = app.vault.next_counter(self._index)
            except VaultError:
                return failure(app, "storage_failed")
        code = ocra(
            self._held["secret"], self._held["suite"], question, counter, self._pin, None, now
        )
        return self._answered(Response(app, self._index, code, period, left))

    def _valid(self) -> bool:
        """Return True while the account is the one that the challenge began with."""
        credentials = self._app.vault.credentials
        return self._index < len(credentials) and credentials[self._index] == self._held

    def _wait(self, question: str, period: int, left: int, confirmation: "Confirmation") -> View:
        """Return the wait for a fresh period: `left` seconds of this one are too few. No counter
        has moved."""
        from firmware.ui.speaking.fresh_period import FreshResponse

        return FreshResponse(
            self._app,
            account_name(self._app, self._index),
            period,
            left * 1000,
            self._valid,
            lambda: self._answer(question),
            confirmation,
        )


class AmountEntry(NumberEntry):
    """The amount of a payment, which is not zero."""

    def end(self, key: str) -> "Screen":
        """End, or refuse an amount of zero."""
        if not self.typed or self.typed.strip("0"):
            return NumberEntry.end(self, key)
        self.from_start()
        self.lines = [["not_valid"]] + self.lines[:-1] + [["star", "clear"]] + self.lines[-1:]
        return self


class Response(Code):
    """The code that an approval gives. Until it was heard to its end, what was meant to take the
    approval back says that it is too late for that, and so does a function."""

    interruptible = False

    def __init__(self, app: "App", index: int, code: str, period: int, left: int):
        """Show this code as Code does."""
        Code.__init__(self, app, index, code, period, left)
        self.lasting = True
        self.kind = "unheard"
        self.stays = True

    def from_start(self) -> View:
        """Return this view to be said from the beginning; first that it was approved, where that
        was not heard yet."""
        Code.from_start(self)
        if self.kind == "unheard":
            self._say_first([["right"]])
        return self

    def tell(self, view: View) -> View:
        """Return this view with what a function says first."""
        self.from_start()
        self._say_first(view.told())
        return self

    def heard(self) -> None:
        """Take digits as a check of the code, and leave it for functions, now that it was heard."""
        if grouped(self.number) in self.parts():
            self.kind = "code"
            self.stays = False
        Code.heard(self)

    def _say_first(self, told: list) -> None:
        self._said = [part for paragraph in told for part in paragraph] + self.parts()
        self.lines = told + self.lines


class Confirmation(Question):
    """What was typed, read back. When all of it was heard the hash approves it. The star leads back
    to the last entry, in which what was typed stands."""

    kind = "confirmation"
    new_first = True
    approved = False  # until it is read back again, or begun again

    def __init__(
        self,
        app: "App",
        lines: "Lines",
        then: "Callable[[Confirmation], View]",
        entry: NumberEntry,
    ):
        """Read the lines back; then(self) gives the code's view."""
        self.read_back = lines + [["hash", "right"], ["star", "try_again"]]
        Question.__init__(self, app, ["is_right"], self.read_back)
        self.then = then
        self._entry = entry

    def from_start(self) -> View:
        """Return this view to be read back again."""
        self.approved = False
        self.lines = self.read_back
        return Question.from_start(self)

    def tell(self, view: View) -> View:
        """Return this view with what a function says, and with what it asks, once."""
        told = [paragraph for paragraph in view.told() if paragraph != self.title]
        self._tell(*(told + [self.title]))
        self._answers = False
        return self

    def approve(self, key: str) -> "Screen":
        """Approve what was heard to its end; else read it back again, which is to be heard too."""
        if not self._answers:
            return self.from_start()
        self.approved = True
        return Approved(self)

    def correct(self, key: str) -> "Screen":
        """Return the last entry."""
        self.approved = False
        return self._entry.from_start()

    def _told(self, paragraphs: list) -> list:
        return paragraphs + self.read_back


class Approved(Question):
    """An approval, until it was said to its end: then the response comes. What is read back again
    meanwhile, or corrected, is not approved; other keys do what they do, and it stands."""

    kind = "confirmation"
    new_first = True

    def __init__(self, confirmation: Confirmation):
        """Say that it is approved."""
        Question.__init__(self, confirmation.app, confirmation.title, ())
        self._confirmation = confirmation
        self.approve("#")

    def from_start(self) -> View:
        """Return what was approved, to be read back and approved again."""
        return self._confirmation.from_start()

    def tell(self, view: View) -> View:
        """Return this view with what a function says. When the red key that asked for the function
        has taken the approval back before, that stands, and it is read back again."""
        if self._confirmation.approved:
            return Question.tell(self, view)
        return self._confirmation.tell(view)

    def heard(self) -> None:
        """Give the response."""
        self.app.after(ENTERED, 0, self._go_on)

    def approve(self, key: str) -> "Screen":
        """Say it, also when the hash was struck twice."""
        self._tell(["right", "star", "try_again"])
        return self

    def correct(self, key: str) -> "Screen":
        """Return the last entry."""
        return self._confirmation.correct(key)

    def _told(self, paragraphs: list) -> list:
        return paragraphs + self._confirmation.read_back

    def _go_on(self) -> None:
        asked = self._confirmation
        self.app.show(asked.then(asked) if asked.approved else asked.from_start())

"""Answering a challenge: what is typed is read back digit by digit and confirmed before the code is
given (RFC 6287).

What is heard is what is signed: the OCRA question consists of the digits that were read back and of
nothing else. Imported when an account that answers challenges is chosen. Times are seconds.
"""

from firmware.otp.ocra import ocra, parse
from firmware.otp.totp import remaining
from firmware.protocol.messages import MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE, MAX_PIN, MIN_PIN
from firmware.speech.say import grouped
from firmware.storage.errors import VaultError
from firmware.storage.vault import BLOCKED, DAMAGED
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
                self._app, self._title("pin"), MIN_PIN, MAX_PIN, self._enter_number
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
            return NumberEntry(app, self._title("amount"), 1, MAX_AMOUNT, self._enter_payee)
        most = min(self._suite["size"], MAX_CHALLENGE)
        return NumberEntry(app, self._title("number"), _MIN_QUESTION, most, self._confirm_number)

    def _confirm_number(self, number: str) -> View:
        return Confirmation(
            self._app,
            [["number", groups_of_four(number)]],
            lambda confirmation: self._answer(number, confirmation),
            self.begin,
        )

    def _enter_payee(self, amount: str) -> View:
        return NumberEntry(
            self._app,
            asked(self._app, "payee"),
            _MIN_QUESTION,
            MAX_PAYEE,
            lambda payee: self._confirm_payment(amount, payee),
        )

    def _confirm_payment(self, amount: str, payee: str) -> View:
        # The length of the amount comes first, so that no two payments make the same question.
        question = str(len(amount)) + amount + payee
        lines = [["amount", (amount,)], ["payee", groups_of_four(payee)]]
        return Confirmation(
            self._app,
            lines,
            lambda confirmation: self._answer(question, confirmation),
            self.begin,
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


class Response(Code):
    """The code that an approval gives. Until it was heard to its end, a key that was meant to take
    the approval back says that it is too late for that."""

    interruptible = False

    def __init__(self, app: "App", index: int, code: str, period: int, left: int):
        """Show this code as Code does."""
        Code.__init__(self, app, index, code, period, left)
        self.lasting = True
        self.kind = "unheard"

    def from_start(self) -> View:
        """Return this view to be said from the beginning; first that it was approved, where that
        was not heard yet."""
        Code.from_start(self)
        if self.kind == "unheard":
            self._said = ["right"] + self.parts()
            self.lines = [["right"]] + self.lines
        return self

    def heard(self) -> None:
        """Take digits as a check of the code, now that it was heard."""
        if grouped(self.number) in self.parts():
            self.kind = "code"
        Code.heard(self)


class Confirmation(Question):
    """What was typed, read back. When all of it was heard the hash approves it. The star begins
    again."""

    kind = "confirmation"
    new_first = True
    approved = False  # until it is read back again, or begun again

    def __init__(
        self,
        app: "App",
        lines: "Lines",
        then: "Callable[[Confirmation], View]",
        again: "Callable[[], View]",
    ):
        """Read the lines back; then(self) gives the code's view, again() the first entry."""
        self.read_back = lines + [["hash", "right"], ["star", "clear"]]
        Question.__init__(self, app, ["is_right"], self.read_back)
        self.then = then
        self._again = again

    def from_start(self) -> View:
        """Return this view to be read back again."""
        self.approved = False
        self.lines = self.read_back
        return Question.from_start(self)

    def approve(self, key: str) -> "Screen":
        """Approve what was heard to its end; else read it back again, which is to be heard too."""
        if not self._answers:
            return self.from_start()
        self.approved = True
        return Approved(self)

    def begin_again(self, key: str) -> "Screen":
        """Return the first entry."""
        self.approved = False
        return self._again()

    def _told(self, paragraphs: list) -> list:
        return paragraphs + self.read_back


class Approved(Question):
    """An approval, until it was said to its end: then the response comes. What is read back again
    meanwhile, and begun again, is not approved; other keys do what they do, and it stands."""

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
        self._tell(["right", "star", "clear"])
        return self

    def begin_again(self, key: str) -> "Screen":
        """Return the first entry."""
        return self._confirmation.begin_again(key)

    def _told(self, paragraphs: list) -> list:
        return paragraphs + self._confirmation.read_back

    def _go_on(self) -> None:
        asked = self._confirmation
        self.app.show(asked.then(asked) if asked.approved else asked.from_start())

"""The accounts of a token that speaks and their codes: taken one at a time, the last one kept to be
repeated."""

from firmware.storage.vault import BLOCKED
from firmware.ui.code_source import NoCodeError, take
from firmware.ui.speaking.code import Code, Digits
from firmware.ui.speaking.failure import trouble
from firmware.ui.speaking.view import View

_TRAINING_DIGITS = 5


class Codes:
    """Which account is chosen, and its last code. A PIN is asked for once, before the first code
    after power-on."""

    def __init__(self, app):
        """Begin with the first account and no code."""
        self._app = app
        self._account = 0
        self._lock = None  # made when there is a PIN to ask for
        self._unlocked = False
        self.last: Digits | None = None

    def new(self) -> View:
        """Take a code, or say why there is none, or ask for the PIN first."""
        app = self._app
        vault = app.vault
        if self._account >= len(vault.credentials):
            self._account = 0
        if (
            vault.pin is not None
            and vault.credentials
            and vault.state != BLOCKED
            and not self._unlocked
        ):
            self.last = None
            return self.lock().ask(self._unlock)
        if (
            vault.credentials
            and vault.state != BLOCKED
            and vault.credentials[self._account]["kind"] == "ocra"
        ):
            from firmware.ui.speaking.challenge import Challenge

            self.last = None
            return Challenge(app, self._account, self._answered).begin()
        try:
            code, period, left = take(app, self._account)
        except NoCodeError as none:
            self.last = None
            return trouble(app, none.key)
        self.last = Code(app, self._account, code, period, left)
        return self.last

    def next_account(self) -> View:
        """Take a code of the account after this one."""
        count = len(self._app.vault.credentials)
        self._account = (self._account + 1) % count if count else 0
        return self.new()

    def practise(self) -> View:
        """Return a code for training. A code has six digits at least (RFC 4226, section 4, R4):
        five are never one."""
        digits = "".join([str(byte % 10) for byte in self._app.hardware.random(_TRAINING_DIGITS)])
        self.last = Digits(self._app, ["practice"], digits, [["not_valid"]])
        return self.last

    def lock(self):
        """Return what asks for the PIN."""
        if self._lock is None:
            from firmware.ui.speaking.pin_entry import Lock

            self._lock = Lock(self._app)
        return self._lock

    def forget(self) -> None:
        """Forget the last code and the PIN: the token goes off."""
        self.last = None
        self._unlocked = False

    def _answered(self, code: Code) -> View:
        self.last = code
        return code

    def _unlock(self) -> View:
        self._unlocked = True
        return self.new()

"""The accounts of a token that speaks and their codes: taken one at a time, the last one kept to be repeated."""

from firmware.ui.code_view import Code, Digits
from firmware.ui.taking import NoCodeError, take
from firmware.ui.view import Message, View

_TRAINING_DIGITS = 5

# What a trouble says: what is wrong and what to do.
_TROUBLES = {
    "not_provisioned": "contact_issuer",
    "blocked": "contact_issuer",
    "damaged": "contact_issuer",
    "storage_failed": "try_again",
    "clock_lost": "contact_issuer",
    "clock_absent": "contact_issuer",
}


def trouble(app, key: str) -> Message:
    """Return what says that something is wrong, and what to do."""
    return Message(app, key, _TROUBLES[key])


class Codes:
    """Which account is chosen, and its last code."""

    def __init__(self, app):
        """Begin with the first account and no code."""
        self._app = app
        self._account = 0
        self.last: Digits | None = None

    def new(self) -> View:
        """Take a code, or say why there is none."""
        app = self._app
        if self._account >= len(app.vault.credentials):
            self._account = 0
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
        """Return a code for training. A code has six digits at least (RFC 4226, section 4, R4): five are never one."""
        digits = "".join([str(byte % 10) for byte in self._app.hardware.random(_TRAINING_DIGITS)])
        self.last = Digits(self._app, ["practice"], digits, [["not_valid"]])
        return self.last

    def forget(self) -> None:
        """Forget the last code: the token goes off."""
        self.last = None

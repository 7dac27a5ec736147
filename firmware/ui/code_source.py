"""Taking a code: from account and clock to digits, or to the trouble that stands in the way. Times
are seconds."""

from firmware.otp.hotp import hotp
from firmware.otp.totp import remaining, totp
from firmware.storage.errors import VaultError
from firmware.storage.vault import BLOCKED, DAMAGED


class NoCodeError(Exception):
    """There is no code; `key` names the message that says why and what to do."""

    def __init__(self, key: str):
        """Carry the key."""
        super().__init__(key)
        self.key = key


def take(app, index: int) -> tuple:
    """Return (code, period, seconds left) for the account of that index; period 0 for a code
    without one (HOTP)."""
    vault = app.vault
    if vault.state in (DAMAGED, BLOCKED):
        raise NoCodeError(vault.state)
    if not vault.credentials:
        raise NoCodeError("not_provisioned")
    held = vault.credentials[index]
    if held["kind"] == "hotp":
        try:
            counter = vault.next_counter(
                index
            )  # in the flash before the code is seen, so that no code comes twice
        except VaultError:
            raise NoCodeError("storage_failed")
        return hotp(held["secret"], counter, held["digits"], held["algorithm"]), 0, 0
    try:
        now = trusted_time(app)
    except OSError:
        raise NoCodeError("clock_absent")
    if now is None:
        raise NoCodeError("clock_lost")
    period = held["period"]
    return (
        totp(held["secret"], now, period, held["digits"], held["algorithm"]),
        period,
        remaining(now, period),
    )


def trusted_time(app) -> int | None:
    """Return the time, None when the clock has lost it; OSError when no clock answers."""
    if app.clock is None:
        raise OSError("no clock")
    if app.clock.lost():
        return None
    try:
        now = app.clock.read()
    except ValueError:
        return None
    # A clock that stands before the instant it was set at has lost the time without its flag.
    return now if now >= app.vault.clock["set_at"] else None

"""One-time codes of the accounts: from account and clock to digits, or to the reason why there are
none. Times are Unix seconds."""

from firmware.otp.codes import hotp, remaining, totp
from firmware.storage.vault import BLOCKED, DAMAGED, VaultError, trusted

if False:
    from firmware.interfaces import App  # type: ignore[unreachable]


class NoCodeError(Exception):
    """There is no code; `reason` names the message that says why and what to do."""

    def __init__(self, reason: str):
        """Carry the name of the message."""
        super().__init__(reason)
        self.reason = reason


def generate_code(app: "App", index: int) -> tuple:
    """Return (code, period, seconds left) for the account of that index; period 0 for a code
    without one (HOTP). NoCodeError when there is no code."""
    vault = app.vault
    if vault.state in (DAMAGED, BLOCKED):
        raise NoCodeError(vault.state)
    if not vault.credentials:
        raise NoCodeError("not_provisioned")
    held = vault.credentials[index]
    if held["kind"] == "hotp":
        try:
            # in the flash before the code is seen, so that no code comes twice
            counter = vault.next_counter(index)
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


def trusted_time(app: "App") -> int | None:
    """Return the time, None when the clock has lost it; OSError when no clock answers."""
    try:
        try:
            if app.clock is None:
                raise OSError("no clock")
            now = app.clock.read()
        except OSError:  # a chip may hold the bus
            app.clock = app.hardware.again("clock")
            now = app.clock.read()
    except ValueError:
        return None
    return now if trusted(now, app.vault.clock["set_at"]) else None

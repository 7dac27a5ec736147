"""A model of the validator: its verdicts for one TOTP token, by RFC 6238 and the product's rules.

Codes are pyotp's. Time is Unix seconds. The token's clock is exact, but the server assumes that it
may be off by its ppm.
"""

import pyotp

PERIOD, WINDOW = 30, 1  # seconds; steps accepted to either side
SEEN, SEARCHED = 64, 131  # steps beyond in which a code is recognised, of so many steps in all
REACH = 180  # seconds that the clock is thought to have moved, at most (RFC 6238 section 6)


class Model:
    """One active token, whose clock was set at `now`."""

    def __init__(self, secret: str, ppm: float, now: float) -> None:
        self.totp, self.ppm = pyotp.TOTP(secret), ppm
        self.clock_was_set(now)
        self.last, self.failures, self.locked_until, self.blocked = -1, 0, 0.0, False

    def code(self, step: int) -> str:
        return self.totp.at(step * PERIOD)

    def check(self, code: str, now: float) -> str:
        if self.blocked or now < self.locked_until:
            return "blocked" if self.blocked else "locked_out"
        if len(code) != 6 or not code.isdigit():
            return "malformed"
        here = int(now // PERIOD)
        behind, ahead = (
            min(REACH, self.ppm * 1e-6 * (now - seen)) for seen in self.not_behind_not_ahead
        )
        window = range(
            int((now - behind) // PERIOD) - WINDOW, int((now + ahead) // PERIOD) + WINDOW + 1
        )
        beyond = sorted(
            {*range(window[0] - SEEN, window[-1] + SEEN + 1)} - {*window},
            key=lambda step: (abs(step - here), step),
        )
        searched = sorted([*window, *beyond[: SEARCHED - len(window)]])
        steps = [step for step in searched if self.code(step) == code]
        fresh = sorted(
            (step for step in steps if step in window and step > self.last),
            key=lambda step: abs(step - here),
        )
        if fresh:
            self.last, self.failures, self.locked_until = fresh[0], 0, 0.0
            behind, ahead = self.not_behind_not_ahead
            self.not_behind_not_ahead = (
                now if fresh[0] >= here else behind,
                now if fresh[0] <= here else ahead,
            )
            return "accepted"
        if steps and steps[0] <= self.last:
            return "replay"  # which is no guess
        self.failures += 1
        if self.failures % 3 == 0:
            self.locked_until = now + min(60 * 2 ** (self.failures // 3 - 1), 3600)
        self.blocked = self.failures >= 100
        if steps:
            return "early" if steps[0] > here else "late"
        swapped = {
            code[:n] + code[n + 1] + code[n] + code[n + 2 :]
            for n in range(5)
            if code[n] != code[n + 1]
        }
        return "transposed" if any(self.code(step) in swapped for step in window) else "wrong"

    def clock_was_set(self, now: float) -> None:
        self.not_behind_not_ahead = now, now  # when it was last seen so

    def unblock(self) -> None:
        self.failures, self.locked_until, self.blocked = 0, 0.0, False

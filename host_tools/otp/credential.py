"""A credential: one OTP secret with its name and parameters, within the limits of a token."""

from dataclasses import dataclass
from typing import Any

from firmware.protocol.messages import ALGORITHMS, DIGITS, ENTRIES, MAX_NAME, PERIODS
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.otp import challenges, codes
from host_tools.otp.secret_text import checked
from host_tools.secret import Secret

MAX_COUNTER = 2**63 - 1  # what a token keeps; RFC 4226 section 5.1 gives the moving factor 8 bytes


@dataclass(frozen=True)
class Credential:
    """One account: with a `period` (TOTP, seconds), a `counter` (HOTP, the next to use) or a
    `suite` (OCRA).

    A suite determines hash, digits and whether there is a counter; `entry` is what the user types
    as its challenge, "number" or "payment".
    """

    name: str
    secret: Secret
    algorithm: str = "SHA1"
    digits: int = 6
    period: int | None = 30
    counter: int | None = None
    suite: str | None = None
    entry: str = ENTRIES[0]

    def __post_init__(self) -> None:
        """Raise KodebrikError for values that no token can store."""
        check_name(self.name)
        checked(self.secret)
        if self.counter is not None:
            check_counter(self.counter)
        if self.suite is not None:
            self._check_suite(self.suite)
            return
        check_choice("account-algorithm", self.algorithm, ALGORITHMS)
        check_choice("account-digits", self.digits, DIGITS)
        if (self.period is None) == (self.counter is None):
            raise _bad("account-period-or-counter")
        if self.period is not None:
            check_choice("account-period", self.period, PERIODS)

    def _check_suite(self, text: str) -> None:
        check_choice("account-entry", self.entry, ENTRIES)
        asked = challenges.suite(text, self.entry)
        if self.period is not None:
            raise _bad("suite-with-period")
        if asked.has_counter != (self.counter is not None):
            raise _bad("suite-counter-mismatch")
        object.__setattr__(self, "algorithm", asked.algorithm)
        object.__setattr__(self, "digits", asked.digits)

    @property
    def kind(self) -> str:
        """The kind: "totp", "hotp" or "ocra"."""
        if self.suite is not None:
            return "ocra"
        return "totp" if self.counter is None else "hotp"

    @property
    def by_time(self) -> bool:
        """Whether its codes depend on the time."""
        if self.suite is not None:
            return challenges.suite(self.suite, self.entry).step is not None
        return self.period is not None

    def answer(self, unix_time: int, typed: list[str], pin: str | None) -> str:
        """Give the response (RFC 6287) to the numbers `typed` at the token; only with a suite.

        KodebrikError when a PIN is missing or superfluous, or the numbers do not fit the suite.
        """
        assert self.suite is not None  # noqa: S101 - a precondition
        asked = challenges.suite(self.suite, self.entry)
        if (asked.pin_hash is None) != (pin is None):
            raise _bad("suite-pin-mismatch")
        return codes.ocra(
            self.secret.reveal(),
            asked.text,
            self.question(typed),
            counter=self.counter,
            pin=pin,
            unix_time=unix_time,
        )

    def question(self, typed: list[str]) -> str:
        """Give the question (RFC 6287) that the numbers `typed` at the token stand for; only with a
        suite. KodebrikError when they do not fit it."""
        assert self.suite is not None  # noqa: S101 - a precondition
        suite = challenges.suite(self.suite, self.entry)
        return challenges.challenge(suite, self.entry, typed)

    def code(self, unix_time: int) -> str:
        """Give the HOTP code of the counter, or the TOTP code at `unix_time`."""
        if self.counter is not None:
            return codes.hotp(self.secret.reveal(), self.counter, self.digits, self.algorithm)
        assert self.period is not None  # noqa: S101 - checked above
        return codes.totp(self.secret.reveal(), unix_time, self.period, self.digits, self.algorithm)

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of the link's CREDENTIAL_PUT. They hold the secret in the clear, so
        only the encrypted session may carry them."""
        if self.suite is not None:
            fields = {
                "name": self.name,
                "secret": self.secret.reveal(),
                "suite": self.suite,
                "entry": self.entry,
            }
            return fields if self.counter is None else fields | {"counter": self.counter}
        moving_factor = (
            {"period": self.period} if self.counter is None else {"counter": self.counter}
        )
        return {
            "name": self.name,
            "secret": self.secret.reveal(),
            "algorithm": self.algorithm,
            "digits": self.digits,
        } | moving_factor


def check_name(name: str) -> str:
    """Give `name` back; KodebrikError when a token cannot store or show it."""
    if not name or name != name.strip() or not name.isprintable():
        raise _bad("account-name-invalid")
    if len(name.encode()) > MAX_NAME:
        raise _bad("account-name-long", size=len(name.encode()), most=MAX_NAME)
    return name


def check_counter(counter: int) -> int:
    """Give `counter` back; KodebrikError when a token cannot keep it."""
    if not 0 <= counter <= MAX_COUNTER:
        raise _bad("counter-out-of-range")
    return counter


def check_choice(identifier: str, value: object, allowed: tuple[object, ...]) -> None:
    """Raise the KodebrikError `identifier` for a value that is not one of those allowed."""
    if value not in allowed:
        raise _bad(identifier, value=str(value), choices=", ".join(map(str, allowed)))


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)

"""The emulated tokens of a run: provisioned, enrolled at the server, and withdrawn at the end.

The seed determines everything about them, except their secrets at a server that is used after the
run: otherwise anybody who knows the seed could compute their codes.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware.protocol.messages import ALGORITHMS
from host_tools.messages.catalogue import Message
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.progress import Progress
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.targets.target import Target
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel, image_of
from host_tools.secret import Secret

PERIOD = 30  # seconds
PAYMENT = "payment"
PAYMENT_SUITE = "OCRA-1:HOTP-SHA256-8:QA32"
_DIGITS = (6, 8)
# The seed in a user-ID: a long one's digits could be a CPR number, which servers refuse.
_AS_LETTERS = str.maketrans("0123456789", "abcdefghij")
_BEHIND = 600.0  # seconds that tokens start in the past, so that late codes need no waiting
# Bytes, RFC 4226 section 4 and RFC 6238 section 5.1.
_SECRET_SIZE = {"SHA1": 20, "SHA256": 32, "SHA512": 64}


class TokenPool:
    """Makes and enrols tokens. A context manager that withdraws them and ends their emulators."""

    def __init__(
        self, product: str, folder: Path, seed: int, time_source: TimeSource, target: Target
    ) -> None:
        """Keep the tokens' state in `folder`."""
        self._product, self._folder, self._seed = product, folder, seed
        self._time, self._target = time_source, target
        self._image = image_of(product)
        # The text is part of what a seed stands for: with another one, runs could not be repeated.
        self._rng = random.Random(f"crew {seed}")  # noqa: S311 - the same seed, the same tokens
        self._stack = ExitStack()
        self._size = 0

    def __enter__(self) -> Self:
        """Give the pool itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw all tokens and end their emulators."""
        self._stack.close()

    def enrol(self) -> EnrolledToken:
        """Give a new user with a new token: the first with default parameters, later ones with
        drawn ones."""
        return self._enrolled(self._credential(self._size))

    def enrol_payer(self) -> EnrolledToken:
        """Give a new user with a new token that signs payments."""
        secret = self._secret("SHA256")
        return self._enrolled(
            Credential("QA", secret, period=None, suite=PAYMENT_SUITE, entry=PAYMENT)
        )

    def _enrolled(self, credential: Credential) -> EnrolledToken:
        number, self._size = self._size, self._size + 1
        language = ("da", "en")[number % 2]
        start = self._time.now() - (0.0 if self._time.virtual else _BEHIND)
        device = self._stack.enter_context(
            EmulatedToken(
                TokenModel(self._product, self._image, language),
                self._folder / f"token-{number}",
                self._rng.getrandbits(62),
                start,
            )
        )
        device.record_link()
        serial = device.provision(credential)
        clock_set_at = device.now
        self._time.wait_until(device.now, Message("qa-wait.provisioning"))
        user_id = f"qa-{str(self._seed).translate(_AS_LETTERS)}-{number}"
        self._target.enrol(user_id, serial, credential, clock_set_at)
        self._stack.callback(self._target.withdraw, user_id, serial)
        return EnrolledToken(user_id, serial, device, PERIOD, credential, free_at=self._time.now())

    def _credential(self, number: int) -> Credential:
        algorithm = self._rng.choice(ALGORITHMS) if number else "SHA1"
        digits = self._rng.choice(_DIGITS) if number else 6
        return Credential("QA", self._secret(algorithm), algorithm, digits, PERIOD)

    def _secret(self, algorithm: str) -> Secret:
        drawn = Secret(self._rng.randbytes(_SECRET_SIZE[algorithm]))
        return drawn if self._time.virtual else secret_text.generate(algorithm)


def enrol_many(
    enrol: Callable[[], EnrolledToken], size: int, progress: Progress
) -> list[EnrolledToken]:
    """Enrol `size` tokens; `progress(done, total)` is called after each."""
    tokens = []
    for number in range(size):
        tokens.append(enrol())
        progress(number + 1, size)
    return tokens

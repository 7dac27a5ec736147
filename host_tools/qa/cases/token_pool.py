"""The holders of a run: emulated tokens, provisioned and enrolled at the server; gone again when
the run is over.

The seed settles everything about them but, at a server that lives on, their secrets: whoever knew
the seed could else compute their codes.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware.protocol.messages import ALGORITHMS
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential
from host_tools.qa.cases.enrolled_token import Holder
from host_tools.qa.targets.target import Target
from host_tools.qa.time_source import World
from host_tools.qa.tokens.emulated import EmulatedToken, Make, image_of
from host_tools.secret import Secret

PERIOD = 30
PAYMENT = "payment"
PAYMENT_SUITE = "OCRA-1:HOTP-SHA256-8:QA32"
_DIGITS = (6, 8)
_BEHIND = 600.0  # seconds that tokens begin in the past, so that late codes need no waiting
_SECRET_SIZE = {
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
}  # bytes, RFC 4226 section 4 and RFC 6238 section 5.1


class Crew:
    """Makes holders. A context manager that withdraws them from the server and ends their
    emulators."""

    def __init__(self, product: str, folder: Path, seed: int, world: World, target: Target) -> None:
        """Keep the tokens' state in `folder`."""
        self._product, self._folder, self._seed = product, folder, seed
        self._world, self._target = world, target
        self._image = image_of(product)
        self._dice = random.Random(f"crew {seed}")  # noqa: S311 - the same seed, the same crew
        self._stack = ExitStack()
        self._size = 0

    def __enter__(self) -> Self:
        """The crew itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw everybody."""
        self._stack.close()

    def recruit(self) -> Holder:
        """Give a new user with a new token; the first has the default parameters, the next ones
        drawn ones."""
        return self._enrolled(self._credential(self._size))

    def recruit_payer(self) -> Holder:
        """Give a new user with a new token that signs payments."""
        secret = self._secret("SHA256")
        return self._enrolled(
            Credential("QA", secret, period=None, suite=PAYMENT_SUITE, entry=PAYMENT)
        )

    def _enrolled(self, credential: Credential) -> Holder:
        number, self._size = self._size, self._size + 1
        language = ("da", "en")[number % 2]
        start = self._world.now() - (0.0 if self._world.virtual else _BEHIND)
        token = self._stack.enter_context(
            EmulatedToken(
                Make(self._product, self._image, language),
                self._folder / f"token-{number}",
                self._dice.getrandbits(62),
                start,
            )
        )
        serial = token.provision(credential)
        clock_set_at = token.now
        self._world.wait_until(token.now, "the token is being provisioned")
        user_id = f"qa-{self._seed}-{number}"
        self._target.enrol(user_id, serial, credential, clock_set_at)
        self._stack.callback(self._target.withdraw, user_id, serial)
        return Holder(user_id, serial, token, PERIOD, credential, free_at=self._world.now())

    def _credential(self, number: int) -> Credential:
        algorithm = self._dice.choice(ALGORITHMS) if number else "SHA1"
        digits = self._dice.choice(_DIGITS) if number else 6
        return Credential("QA", self._secret(algorithm), algorithm, digits, PERIOD)

    def _secret(self, algorithm: str) -> Secret:
        drawn = Secret(self._dice.randbytes(_SECRET_SIZE[algorithm]))
        return drawn if self._world.virtual else secret_text.generate(algorithm)


def crew_of(
    recruit: Callable[[], Holder], size: int, progress: Callable[[int, int], None]
) -> list[Holder]:
    """Recruit so many holders, telling how many there are."""
    holders = []
    for number in range(size):
        holders.append(recruit())
        progress(number + 1, size)
    return holders

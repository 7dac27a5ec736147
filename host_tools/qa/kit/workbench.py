"""What one test has on its table: tokens, a server, and the time that they share."""

import random
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from firmware.protocol.messages import ALGORITHMS
from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import otpauth
from host_tools.image import image as images
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.transport import SerialTransport
from host_tools.messages.catalogue import Message
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential, check_choice
from host_tools.qa.kit import token as tokens
from host_tools.qa.kit.clock import Clock
from host_tools.qa.kit.person import Person
from host_tools.qa.kit.token import EmulatedOnlyError, Token
from host_tools.qa.kit.validator import RunningValidator, running
from host_tools.qa.time_source import VIRTUAL_START, RealTime, TimeSource, VirtualTime
from host_tools.qa.tokens.emulated import TokenModel, image_of

_NAME = "test"  # of an account, as the token shows it


@dataclass(frozen=True)
class RealToken:
    """A real token on `port`, which `person` presses. `account` is a file with the otpauth:// URI
    of its account, as `kodebrik provision --otpauth-out` writes it."""

    port: str
    account: Path | None
    person: Person


def check_named(port: str | None, account: str | None) -> None:
    """Check that a real token is named whole, or none: KodebrikError for an account without a port,
    whose tests would be of emulated tokens."""
    if account is not None and port is None:
        raise KodebrikError("kit-port-missing", ExitCode.USAGE)


class Workbench:
    """Makes tokens and servers in `folder`. A context manager, which ends them all."""

    def __init__(self, folder: Path, seed: str, real: RealToken | None = None) -> None:
        """What is random about emulated tokens follows from `seed`, except their secrets. A test of
        a `real` token lives in real time."""
        self._folder, self._real = folder, real
        self._dice = random.Random(seed)  # noqa: S311 - the same test, the same tokens
        self._stack, self._made = ExitStack(), 0
        self.source: TimeSource = (
            VirtualTime(VIRTUAL_START) if real is None else RealTime(real.person.tell)
        )
        self.clock = Clock(self.source)

    def __enter__(self) -> Self:
        """Give the workbench itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the servers and the tokens."""
        self._stack.close()

    def token(self, product: str) -> Token:
        """Give a token with one TOTP account of 6 digits: the real one where there is one, else an
        emulated one. KodebrikError for a port or file that cannot be used."""
        if self._real is None:
            return self.emulated(product)
        if self._real.account is None:
            raise KodebrikError("kit-account-missing", ExitCode.USAGE)
        hello = _hello(self._real.port)
        if hello.product != product:
            raise EmulatedOnlyError(
                Message("kit-other-product", port=self._real.port, product=hello.product)
            )
        credential = _account(self._real.account)
        return tokens.real(product, hello.serial, credential, self.source, self._real.person.ask)

    def emulated(self, product: str, language: str = "da", **account: Any) -> Token:
        """Make an emulated token that speaks `language`, "da" or "en", with one account: TOTP of 6
        digits, or what the parameters say, which are those of Credential."""
        if self._real is not None:
            raise EmulatedOnlyError(Message("kit-emulated-other"))
        images.carried_languages(images.load_product(product), [language])
        credential = _new_account(account)
        model = TokenModel(product, _image(product), language)
        folder, seed = self._new_folder(), self._dice.getrandbits(62)
        return self._stack.enter_context(
            tokens.emulated(model, folder, seed, credential, self.source)
        )

    def validator(self) -> RunningValidator:
        """Start a server with a database of its own on a free port, in the test's time."""
        folder = self._new_folder()
        folder.mkdir(parents=True)
        return self._stack.enter_context(running(folder, self.source))

    def _new_folder(self) -> Path:
        self._made += 1
        return self._folder / f"part-{self._made}"


def _new_account(given: dict[str, Any]) -> Credential:
    """Give an account with a random secret. ValueError for what a suite says itself, and for an
    entry without one; KodebrikError for values that no token can store."""
    said = {"algorithm", "digits", "period"} & given.keys() if "suite" in given else set()
    if said:
        raise ValueError(f"The suite says {' and '.join(sorted(said))} itself: leave it out.")
    if "entry" in given and "suite" not in given:
        raise ValueError("An entry is of a challenge: give its suite too.")
    account = {"name": _NAME, "algorithm": "SHA1"} | given
    check_choice("account-algorithm", account["algorithm"], ALGORITHMS)
    if {"counter", "suite"} & given.keys():
        account = {"period": None} | account
    return Credential(secret=secret_text.generate(account["algorithm"]), **account)


@cache
def _image(product: str) -> bytes:
    return image_of(product)


@cache
def _hello(port: str) -> Hello:
    transport = SerialTransport(port)
    try:
        return Channel(transport, port).hello()
    finally:
        transport.close()


def _account(file: Path) -> Credential:
    text = private_files.read_text(str(file), lambda warning: warnings.warn(warning, stacklevel=2))
    return otpauth.parse(text)

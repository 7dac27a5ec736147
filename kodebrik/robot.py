"""The library of Robot Framework (docs/testers.md): tokens and a server as keywords."""

import secrets
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from robot.api import logger
from robot.api.deco import keyword, library

import kodebrik  # noqa: F401 - makes host_tools importable
from firmware.version import VERSION
from host_tools.errors import KodebrikError
from host_tools.qa.kit.person import Person, line_from
from host_tools.qa.kit.token import Token
from host_tools.qa.kit.validator import RunningValidator
from host_tools.qa.kit.workbench import RealToken, Workbench, check_named

_BETWEEN = 0.3  # seconds between two keys
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _keyword(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a keyword, whose failure says what to do too: Robot Framework shows no notes."""

    @wraps(method)
    def told(*arguments: _P.args, **named: _P.kwargs) -> _R:
        try:
            return method(*arguments, **named)
        except KodebrikError as error:
            raise _failure(error) from error
        except ValueError as error:
            raise AssertionError(str(error)) from error

    return keyword(told)


def _failure(error: KodebrikError) -> AssertionError:
    return AssertionError(f"{error.message} {error.hint}")


@library(scope="TEST", version=VERSION, listener="SELF", doc_format="TEXT")
class Kodebrik:
    """Press hardware tokens, read and hear them, and have a server check their codes.

    Tokens are emulated and share one time with the server, which passes at once when a keyword lets
    it pass. With `port` and `account` the token is a real one: you are asked to press it and to
    type its codes, `speak` also aloud, and time passes by itself.

    Most keywords are for the token that was started last, or for the one that `Use Token` named.
    Everything ends with the test that started it.
    """

    def __init__(
        self, port: str | None = None, account: str | None = None, speak: bool = False
    ) -> None:
        """`port`: serial port of a real token. `account`: file with the otpauth:// URI of its
        account, as `kodebrik provision --otpauth-out` writes it."""
        self._real = None
        try:
            check_named(port, account)
        except KodebrikError as error:
            raise _failure(error) from None
        if port is not None:
            person = Person(_write, lambda: line_from(sys.__stdin__), speak)
            self._real = RealToken(port, None if account is None else Path(account), person)
        self._stack = ExitStack()
        self._workbench: Workbench | None = None
        self._tokens: dict[str, Token] = {}
        self._current: Token | None = None
        self._validator: RunningValidator | None = None

    def end_test(self, *_: object) -> None:
        """End what the test has started; Robot Framework calls this."""
        self._stack.close()
        self._workbench, self._tokens, self._current, self._validator = None, {}, None, None

    # Tokens

    @_keyword
    def start_kodeviser(self, name: str = "kodeviser") -> str:
        """Start a provisioned kodeviser, the key-fob with one button; give its serial number."""
        return self._started(name, self._table.token("kodeviser"))

    @_keyword
    def start_kodeoplaeser(self, name: str = "kodeoplaeser", language: str = "da") -> str:
        """Start a provisioned kodeoplæser, which speaks Danish (da) or English (en); give its
        serial number."""
        if self._real is not None:
            return self._started(name, self._table.token("kodeoplaeser"))
        return self._started(name, self._table.emulated("kodeoplaeser", language))

    @_keyword
    def start_token(
        self, product: str, name: str | None = None, language: str = "da", **account: Any
    ) -> str:
        """Start an emulated token with an account of your own: `algorithm`, `digits`, `period`,
        `counter`, `suite`, `entry`; give its serial number."""
        made = self._table.emulated(product, language, **account)
        return self._started(name or product, made)

    @_keyword
    def use_token(self, name: str) -> None:
        """Have the following keywords act on the token of that name."""
        if name not in self._tokens:
            raise AssertionError(f"No token was started as {name!r}.")
        self._current = self._tokens[name]

    # Reading

    @_keyword
    def press(self) -> str:
        """Press the button (kodeoplæser: the red key), and give the code that is shown and said."""
        self._token.press()
        return self._token.code()

    @_keyword
    def get_code(self) -> str:
        """Give the code of the last press; press the token if there was none."""
        return self._token.code()

    @_keyword
    def get_next_code(self) -> str:
        """Let time pass until there is a new code, press the token, and give the code."""
        return self._token.next_code()

    @_keyword
    def display_should_show(self, text: str) -> None:
        """Fail unless a line of the display has this text; spaces in numbers do not count."""
        shown = self._token.shown()
        if not any(text in line or text in line.replace(" ", "") for line in shown):
            raise AssertionError(f"The display shows {shown}, not {text!r}.")

    @_keyword
    def display_should_be_dark(self) -> None:
        """Fail unless the display is off."""
        if self._token.emulator.display_on:
            raise AssertionError(f"The display shows {self._token.shown()}.")

    @_keyword
    def should_have_said(self, phrase: str) -> None:
        """Fail unless the token has said this phrase after its last press."""
        heard = self._token.heard()
        if phrase not in heard:
            raise AssertionError(f"The token said {' '.join(heard)!r}, not {phrase!r}.")

    @_keyword
    def take_picture(self, file: Path) -> None:
        """Save the display as a PNG file."""
        self._token.emulator.screen().to_png(file)
        logger.info(f"The display: {file}")

    # Doing

    @_keyword
    def press_key(self, *keys: str) -> None:
        """Press keys one after the other: 0 to 9, *, #, or red."""
        for key in keys:
            self._token.emulator.press_key(key)
            self._pass(_BETWEEN)

    @_keyword
    def hold_button(self, seconds: float) -> None:
        """Hold the button (kodeoplæser: the red key) down for so long."""
        self._token.emulator.hold(seconds)
        self._pass(_BETWEEN)

    @_keyword
    def plug_in_headset(self) -> None:
        """Put the headset's plug in: the loudspeaker is silent then."""
        self._jack().plug_headset()

    @_keyword
    def unplug_headset(self) -> None:
        """Pull the headset's plug out."""
        self._jack().unplug_headset()

    @_keyword
    def set_battery(self, millivolts: int) -> None:
        """Set the voltage of the token's cell."""
        self._token.emulator.battery_mv = millivolts

    @_keyword
    def set_clock_drift(self, ppm: float) -> None:
        """Have the token's clock run fast by so many millionths, or slow by a negative number."""
        self._token.emulator.rtc_drift_ppm = ppm

    @_keyword
    def let_time_pass(self, seconds: float) -> None:
        """Let time pass, for all tokens and for the server."""
        self._table.clock.advance(seconds)

    @_keyword
    def answer_challenge(self, *numbers: str) -> str:
        """Turn a kodeoplæser on, type the numbers, confirm what it reads back, and give the
        answer's code."""
        self._token.answer(*numbers)
        return self._token.code()

    # The server

    @_keyword
    def start_validator(self) -> str:
        """Start a server of the test's own on a free port; give its URL."""
        self._validator = self._table.validator()
        return self._validator.url

    @_keyword
    def enrol(self, user_id: str) -> None:
        """Make a user at the server, with the token active."""
        self._server.enrol(self._token, user_id)

    @_keyword
    def issue_challenge(self, *numbers: str) -> str:
        """Have the server ask the token's user for an answer to these numbers; give the
        question."""
        return self._server.challenge(self._token, *numbers)

    @_keyword
    def code_should_be_accepted(
        self, code: str | None = None, challenge: str | None = None
    ) -> None:
        """Submit a code, or the token's last one; fail when the server refuses it."""
        self._server.assert_accepted(self._token, code, challenge)

    @_keyword
    def code_should_be_refused(
        self, code: str | None = None, reason: str | None = None, challenge: str | None = None
    ) -> None:
        """Submit a code, or the token's last one; fail when the server accepts it, or refuses it
        for another reason than the one given: replay, late, early, wrong, locked_out, blocked."""
        self._server.assert_refused(self._token, code, reason, challenge)

    @property
    def _table(self) -> Workbench:
        if self._workbench is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-"))
            workbench = Workbench(Path(folder), secrets.token_hex(8), self._real)
            self._workbench = self._stack.enter_context(workbench)
        return self._workbench

    @property
    def _token(self) -> Token:
        if self._current is None:
            raise AssertionError("No token was started.")
        return self._current

    @property
    def _server(self) -> RunningValidator:
        if self._validator is None:
            raise AssertionError("No server was started: use Start Validator first.")
        return self._validator

    def _jack(self) -> Any:
        """The emulator of a token with a headset's socket."""
        emulator = self._token.emulator
        if "jack" not in emulator.product["parts"]:
            raise AssertionError(f"A {self._token.product} has no headset.")
        return emulator

    def _started(self, name: str, token: Token) -> str:
        self._tokens[name] = self._current = token
        return token.serial

    def _pass(self, seconds: float) -> None:
        """Let time pass for the token that is used, and for all others with it."""
        self._token.emulator.advance(seconds)
        self._table.clock.advance_to(self._token.emulator.now)


def _write(text: str) -> None:
    """Show a text past Robot Framework's capturing."""
    print(text, end="", flush=True, file=sys.__stdout__)

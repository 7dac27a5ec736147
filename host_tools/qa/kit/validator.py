"""A running server of a test's own: kodebrik's validator on a free port, in the test's time."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from host_tools.messages.catalogue import ENGLISH
from host_tools.otp.codes import grouped
from host_tools.qa.kit.clock import Clock
from host_tools.qa.kit.token import Token
from host_tools.qa.targets.rest import RestTarget
from host_tools.qa.targets.target import Answer, Policy
from host_tools.qa.time_source import TimeSource
from host_tools.secret import Secret
from host_tools.validator.http.settings import Settings
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.records import Role
from host_tools.validator.rule.verdict import Reason
from host_tools.validator.server.application import create_app
from host_tools.validator.server.bounded_requests import BoundedRequestsProtocol
from host_tools.validator.service import Validator
from host_tools.web_server import LOOPBACK, listen, serving

_REFUSED = [reason.value for reason in Reason if reason is not Reason.ACCEPTED]


class RunningValidator:
    """The server at `url`, to whose REST API `api_key` is an administrator's key."""

    def __init__(self, url: str, api_key: Secret, source: TimeSource) -> None:
        """Connect to the server."""
        self.url, self.api_key = url, api_key.reveal().decode()
        self.clock = Clock(source)
        self._target = RestTarget(url, api_key, Policy(), ENGLISH)
        self._users: dict[str, str] = {}  # serial -> user-ID

    def __repr__(self) -> str:
        """Name the server, without its key."""
        return f"<validator at {self.url}>"

    def close(self) -> None:
        """Close the connections."""
        self._target.close()

    def enrol(self, token: Token, user_id: str = "anna.jensen") -> None:
        """Make the user, with this token active."""
        set_at = self.clock.now if token.clock_set_at is None else token.clock_set_at
        self._target.enrol(user_id, token.serial, token.credential, set_at)
        self._users[token.serial] = user_id

    def withdraw(self, token: Token) -> None:
        """Delete the token and its user, for whom codes can still be submitted."""
        self._target.withdraw(self._user(token), token.serial)

    def check(self, token: Token, code: str | None = None, challenge: str | None = None) -> Answer:
        """Submit a code (None: the one that the token gave last) for the token's user; give the
        answer. `challenge` is the question that the code answers, as challenge() gave it."""
        code = token.code() if code is None else code
        return self._target.submit(self._user(token), code, challenge)

    def challenge(self, token: Token, *numbers: str) -> str:
        """Ask the token's user to answer a challenge: the number, or the amount and the account
        number, that will be typed at the token. Give the question, for check()."""
        if token.credential.suite is None:
            raise AssertionError(f"{token!r} answers no challenges: its account has no suite")
        question = token.credential.question(list(numbers))
        self._target.challenge(self._user(token), question)
        return question

    def assert_accepted(
        self, token: Token, code: str | None = None, challenge: str | None = None
    ) -> None:
        """Submit a code as check() does; AssertionError when it is refused."""
        code = token.code() if code is None else code
        answer = self.check(token, code, challenge)
        if not answer.accepted:
            raise AssertionError(
                f"the code {grouped(code)} of {token!r} was refused: {answer.reason}"
            )

    def assert_refused(
        self,
        token: Token,
        code: str | None = None,
        reason: str | None = None,
        challenge: str | None = None,
    ) -> None:
        """Submit a code as check() does; AssertionError when it is accepted, or refused for another
        reason than the one given ("replay", "late", "wrong", "locked_out" …). ValueError for one
        for which no code is refused."""
        if reason not in (None, *_REFUSED):
            raise ValueError(f"{reason!r} is no reason: they are {', '.join(_REFUSED)}.")
        code = token.code() if code is None else code
        answer = self.check(token, code, challenge)
        if answer.accepted:
            raise AssertionError(f"the code {grouped(code)} of {token!r} was accepted")
        if reason not in (None, answer.reason):
            raise AssertionError(
                f"the code {grouped(code)} of {token!r} was refused: {answer.reason}, not {reason}"
            )

    def _user(self, token: Token) -> str:
        if token.serial not in self._users:
            raise AssertionError(f"{token!r} is not enrolled: call enrol() first")
        return self._users[token.serial]


@contextmanager
def running(folder: Path, source: TimeSource) -> Iterator[RunningValidator]:
    """Start a server with a new database in `folder` and a random master key; it takes the time
    from `source`."""
    key = LocalKey(Secret(secrets.token_bytes(KEY_SIZE)))
    with Validator(f"sqlite:///{folder / 'validator.db'}", key, source.now) as opened:
        _, api_key = opened.create_api_key("tests", Role.ADMINISTRATOR, actor="tests")
        app = create_app(opened, Settings())
        with (
            serving(app, listen(LOOPBACK, 0), http=BoundedRequestsProtocol) as url,
            closing(RunningValidator(url, api_key, source)) as validator,
        ):
            yield validator

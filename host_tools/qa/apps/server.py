"""The server under test as cases of app devices see it: a relying party that asks and a help
desk, over HTTP."""

import secrets
import string
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.targets.http import HttpClient, Reply
from host_tools.qa.targets.selection import TargetSelection
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.app_device import Json
from host_tools.secret import Secret
from host_tools.validator.http.settings import App, Party, Settings
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.records import Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from host_tools.web_server import LOOPBACK, listen, serving

_UNAUTHORISED, _FORBIDDEN, _UNKNOWN = 401, 403, 404
_RANDOM_LETTERS = 12  # of a user-ID; random digits could be a CPR number, which servers refuse
_PARTY = Party(id="qa", name="kodebrik qa", keys=("qa",))


class AppServer:
    """A server at `url`, with an administrator's key that speaks for a relying party."""

    def __init__(self, url: str, api_key: Secret, time_source: TimeSource, language: str) -> None:
        """Send nothing yet. Why the server refuses something, it is to say in `language`."""
        key = api_key.reveal().decode()
        self._http = HttpClient(url, {"X-API-Key": key, "Accept-Language": language})
        self.language = language
        self._time = time_source
        self._users: list[str] = []
        self.name = self.url = self._http.url

    def check_access(self) -> None:
        """Raise KodebrikError when the key is not an administrator's that speaks for a relying
        party."""
        path = f"/v1/users/{_new_user_id()}"  # there is none: nothing is deleted
        reply = self._http.ask("DELETE", path)
        if reply.status == _UNAUTHORISED:
            raise KodebrikError("qa-api-key-unknown", ExitCode.NOT_READY, url=self.name)
        if reply.status == _FORBIDDEN:
            raise KodebrikError("qa-api-key-role", ExitCode.NOT_READY, url=self.name)
        if reply.status != _UNKNOWN:
            raise _failed("DELETE", path, reply)
        self.ask(self.user(), secrets.token_hex())

    def close(self) -> None:
        """Delete the users that were made."""
        try:
            for user_id in self._users:
                self._http.ask("DELETE", f"/v1/users/{user_id}")
        finally:
            self._http.close()

    def user(self) -> str:
        """Make a user."""
        user_id = _new_user_id()
        self._done("POST", "/v1/users", {"user_id": user_id})
        self._users.append(user_id)
        return user_id

    def letter(self, user_id: str) -> str:
        """Give the code of a letter by which a user activates a device."""
        code: str = self._done("POST", "/v1/app-letters", {"user_id": user_id})["code"]
        return code

    def ask(self, user_id: str, session: str, **values: str) -> Json:
        """Ask for an approval as the relying party."""
        return self._done(
            "POST", "/v1/approvals", {"user_id": user_id, "session": session, **values}
        )

    def state(self, approval_id: str) -> str:
        """Give the state that the relying party sees."""
        state: str = self._done("GET", f"/v1/approvals/{approval_id}")["state"]
        return state

    def block(self, serial: str) -> None:
        """Block a device."""
        self._done("POST", f"/v1/tokens/{serial}/block", {"reason": "qa"})

    def wait_for_guesses(self) -> None:
        """Wait a while: the network's guesses are used up."""
        self._time.wait_until(self._time.now() + 10, Message("qa-wait.guesses"))

    def _done(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send a request that must succeed; KodebrikError says what did not."""
        reply = self._http.ask(method, path, json=body)
        if reply.status >= 300:  # noqa: PLR2004 - HTTP's redirects and errors
            raise _failed(method, path, reply)
        done: Json = reply.body
        return done


@contextmanager
def opened(
    selection: TargetSelection, folder: Path, time_source: TimeSource
) -> Iterator[AppServer]:
    """Open the selected server; LOCAL is one in this process that shares the run's time."""
    if not selection.local:
        if selection.api_key is None:
            raise KodebrikError("server-api-key-missing", ExitCode.USAGE)
        key, language = selection.api_key, selection.language
        with closing(AppServer(selection.against, key, time_source, language)) as server:
            server.check_access()
            yield server
        return
    master = LocalKey(Secret(secrets.token_bytes(KEY_SIZE)))
    with Validator(f"sqlite:///{folder / 'validator.db'}", master, time_source.now) as validator:
        _, key = validator.create_api_key("qa", Role.ADMINISTRATOR, actor="qa")
        settings = Settings(app=App(parties=(_PARTY,)), guesses_per_minute=6000.0)
        with (
            serving(create_app(validator, settings), listen(LOOPBACK, 0)) as url,
            closing(AppServer(url, key, time_source, selection.language)) as server,
        ):
            server.name = selection.against
            yield server


def _new_user_id() -> str:
    letters = (secrets.choice(string.ascii_lowercase) for _ in range(_RANDOM_LETTERS))
    return f"qa-app-{''.join(letters)}"


def _failed(method: str, path: str, reply: Reply) -> KodebrikError:
    said = (reply.body or {}).get("error", "") if isinstance(reply.body, dict) else ""
    return KodebrikError(
        "qa-app-server",
        ExitCode.NOT_READY,
        request=f"{method} {path}",
        status=reply.status,
        said=said,
    )

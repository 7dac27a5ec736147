"""Where the devices of the cases come from: from Python, as here, or from the app in Chromium."""

from dataclasses import dataclass
from typing import Any, Protocol

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.apps.server import AppServer
from host_tools.qa.cases.log import Screen
from host_tools.qa.targets.http import HttpClient, Reply
from host_tools.qa.tokens.app_device import AppDevice

PIN = "4711"
TOO_MANY = 429
_ERRORS = 400


class AppDevices(Protocol):
    """The devices of one case at a time."""

    name: Message  # what they are, for the report

    def device(self, user_id: str) -> AppDevice:
        """Give a device of a user that was activated by a letter, and is open. KodebrikError when
        the server refuses it."""

    def screens(self, number: int) -> tuple[Screen, ...]:
        """Give what the case's devices show now; `number` is the case's."""

    def release(self) -> None:
        """End the case's devices."""


class PythonDevices:
    """Devices in Python, which show nothing."""

    def __init__(self, server: AppServer) -> None:
        """Send nothing yet."""
        self.name = Message("qa.app-device")
        self._server = server
        self._client = DeviceClient(server)

    def device(self, user_id: str) -> AppDevice:
        """As AppDevices.device."""
        device = AppDevice(self._client, user_id, PIN)
        device.activate(activation_code=self._server.letter(user_id))
        opened = device.unlock()
        if not opened["opened"]:
            raise KodebrikError("qa-app-not-opened", ExitCode.CHECK_FAILED, reason=opened["reason"])
        return device

    def screens(self, number: int) -> tuple[Screen, ...]:
        """As AppDevices.screens."""
        return ()

    def release(self) -> None:
        """As AppDevices.release."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@dataclass(frozen=True)
class _Answered:
    """An answer with the names that httpx has for it."""

    reply: Reply

    @property
    def status_code(self) -> int:
        return self.reply.status

    def json(self) -> Any:
        return self.reply.body


class DeviceClient:
    """What devices send their requests with. May be used from several threads."""

    def __init__(self, server: AppServer) -> None:
        """Send nothing yet."""
        self._server = server
        self._http = HttpClient(server.url, {"Accept-Language": server.language})

    def request(self, method: str, url: str, *, json: Any = None, headers: Any = None) -> _Answered:
        """Send a request, again while the network's guesses are used up. KodebrikError when there
        is no answer, or an error."""
        while True:
            reply = self._http.ask(method, url, headers, json=json)
            if reply.status != TOO_MANY:
                break
            self._server.wait_for_guesses()
        if reply.status >= _ERRORS:
            raise self._http.refused(f"{method} {url}", reply)
        return _Answered(reply)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

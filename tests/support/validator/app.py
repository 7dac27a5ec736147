"""An application with relying parties, and app devices at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.http.settings import App, Party, Settings
from host_tools.validator.records import Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import ApiClient
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER

PIN = "1357"  # of the users' code tokens
APP_PIN = "4711"
SESSION = "browser-session-1"
BANK, SHOP = (
    Party(id="bank", name="Lillebælt Sparekasse", keys=("bank",)),
    Party(id="shop", name="Butikken", keys=("shop",)),
)


@dataclass
class Site:
    """The application of a validator, with a bank that asks."""

    validator: Validator
    client: TestClient
    keys: dict[str, str]

    def api(self, name: str) -> ApiClient:
        """Give a client with an API key."""
        return ApiClient(self.client, self.keys[name])

    @property
    def bank(self) -> ApiClient:
        return self.api("bank")

    def device(self, user_id: str, pin: str = APP_PIN, **values: Any) -> AppDevice:
        """Give a device that was activated by a letter, and is open."""
        device = self.new_device(user_id, pin, **values)
        device.unlock()
        return device

    def new_device(self, user_id: str, pin: str = APP_PIN, **values: Any) -> AppDevice:
        """Give a device that was activated by a letter."""
        device = AppDevice(self.client, user_id, pin, **values)
        answered = device.activate(activation_code=self.letter(user_id))
        assert answered.status_code == 201, answered.text
        return device

    def letter(self, user_id: str) -> str:
        """Give the code of a letter."""
        return self.validator.app.issue_letter(user_id, actor="test").code

    def ask(self, user_id: str = "anna.holm", session: str = SESSION, **values: str) -> Any:
        """Have the bank ask for an approval."""
        body = {"user_id": user_id, "session": session, **values}
        answered = self.bank.post("/v1/approvals", json=body)
        assert answered.status_code == 201, answered.text
        return answered.json()

    def state(self, approval: Any) -> str:
        """Give the state that the bank sees."""
        return self.bank.get(f"/v1/approvals/{approval['id']}").json()["state"]


@contextmanager
def opened(database: str, clock: VirtualClock) -> Iterator[Site]:
    """Open the application on an empty database."""
    with (
        Validator(database, MASTER, clock) as validator,
        TestClient(
            create_app(validator, Settings(app=App(parties=(BANK, SHOP)), guesses_per_minute=6000)),
            follow_redirects=False,
        ) as client,
    ):
        keys = {}
        for name, role in (
            ("bank", Role.CHECKER),
            ("shop", Role.CHECKER),
            ("boss", Role.ADMINISTRATOR),
            ("desk", Role.HELP_DESK),
        ):
            keys[name] = validator.create_api_key(name, role, actor="t")[1].reveal().decode()
        for user_id in ("anna.holm", "bo.lund"):
            validator.create_user(user_id, actor="test")
        yield Site(validator, client, keys)


@pytest.fixture
def site(database: str, clock: VirtualClock) -> Iterator[Site]:
    with opened(database, clock) as made:
        yield made

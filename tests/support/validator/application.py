"""A validator on SQLite with tokens, users and one API key of each role, and its application."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import NewToken, Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.clock import START, VirtualClock
from tests.support.validator.database import MASTER, copy
from tests.support.validator.tokens import secret_of

SUITE = "OCRA-1:HOTP-SHA1-6:QN08"


@dataclass
class Tokens:
    """The secrets of the tests' tokens."""

    clock: VirtualClock
    secrets: dict[str, Secret] = field(default_factory=dict)

    def code(self, serial: str, steps: int = 0) -> str:
        """Give the TOTP token's code, `steps` from now."""
        return Credential("test", self.secrets[serial]).code(int(self.clock()) + 30 * steps)


def new_token(tokens: Tokens, serial: str, suite: str | None = None) -> NewToken:
    secret = Secret(secret_of(serial))
    tokens.secrets[serial] = secret
    return NewToken(serial, Credential(serial, secret), suite=suite, clock_set_at=START)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def tokens(clock: VirtualClock) -> Tokens:
    return Tokens(clock)


@pytest.fixture
def validator(
    empty_database: Path, tmp_path: Path, clock: VirtualClock, tokens: Tokens
) -> Iterator[Validator]:
    """Give a validator with four tokens: K1, active, of anna.holm; K2 in stock; K3 assigned to
    bo.lund; K4, active, an OCRA token of carla.ny."""
    url = copy(empty_database, tmp_path / "validator.sqlite")
    with Validator(url, MASTER, clock) as opened:
        opened.import_tokens(
            [new_token(tokens, serial) for serial in ("K1", "K2", "K3")], actor="test"
        )
        opened.import_tokens([new_token(tokens, "K4", SUITE)], actor="test")
        for serial, user_id in (("K1", "anna.holm"), ("K3", "bo.lund"), ("K4", "carla.ny")):
            opened.assign(serial, user_id, actor="test")
        for serial in ("K1", "K4"):
            opened.activate_by_administrator(serial, actor="test")
        yield opened


@pytest.fixture
def keys(validator: Validator) -> dict[Role, str]:
    """Give an API key of each role."""
    return {
        role: validator.create_api_key(f"{role} key", role, actor="test")[1].reveal().decode()
        for role in Role
    }


@pytest.fixture
def settings() -> Settings:
    return Settings(guesses_per_minute=600.0)


@pytest.fixture
def app(validator: Validator, settings: Settings) -> FastAPI:
    return create_app(validator, settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as opened:
        yield opened


class ApiClient:
    """A client that sends one API key with every request."""

    def __init__(self, client: TestClient, key: str) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **values: object) -> httpx2.Response:
        return self._client.get(path, headers=self._headers, **values)  # type: ignore[arg-type]

    def post(
        self, path: str, headers: dict[str, str] | None = None, **values: object
    ) -> httpx2.Response:
        sent = self._headers | (headers or {})
        return self._client.post(path, headers=sent, **values)  # type: ignore[arg-type]

    def put(self, path: str, **values: object) -> httpx2.Response:
        return self._client.put(path, headers=self._headers, **values)  # type: ignore[arg-type]

    def delete(self, path: str) -> httpx2.Response:
        return self._client.delete(path, headers=self._headers)


@pytest.fixture
def administrator(client: TestClient, keys: dict[Role, str]) -> ApiClient:
    return ApiClient(client, keys[Role.ADMINISTRATOR])


@pytest.fixture
def help_desk(client: TestClient, keys: dict[Role, str]) -> ApiClient:
    return ApiClient(client, keys[Role.HELP_DESK])


@pytest.fixture
def auditor(client: TestClient, keys: dict[Role, str]) -> ApiClient:
    return ApiClient(client, keys[Role.AUDITOR])


@pytest.fixture
def checker(client: TestClient, keys: dict[Role, str]) -> ApiClient:
    return ApiClient(client, keys[Role.CHECKER])

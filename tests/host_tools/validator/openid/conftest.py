"""A validator with an OpenID provider, and an application that asks it."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from host_tools.validator.http.settings import Settings
from tests.support.validator import openid
from tests.support.validator.application import *  # noqa: F403
from tests.support.validator.openid import ISSUER, Application


@pytest.fixture
def settings() -> Settings:
    return openid.settings()


@pytest.fixture
def client(app) -> Iterator[TestClient]:
    with TestClient(app, base_url=ISSUER, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def shop(client: TestClient) -> Application:
    return Application(client)


@pytest.fixture
def device(client: TestClient) -> Application:
    return Application(client, "device", None, openid.DEVICE_BACK)

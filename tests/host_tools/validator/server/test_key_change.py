"""A server whose keys are changed by another process while it runs: it goes on, or says that it
cannot."""

import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from host_tools.secret import Secret
from host_tools.validator.http.settings import Settings
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.records import Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import ApiClient
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.tokens import EnrolledToken, activated

OTHER = LocalKey(Secret(bytes(range(1, 33))))


@pytest.fixture
def enrolled(validator: Validator, clock: VirtualClock) -> EnrolledToken:
    return activated(validator, clock, "anders")[0]


@pytest.fixture
def checker_key(validator: Validator) -> str:
    _, key = validator.create_api_key("checker", Role.CHECKER, actor="test")
    return key.reveal().decode()


@pytest.fixture
def running(validator: Validator, enrolled: EnrolledToken, checker_key: str) -> Iterator[ApiClient]:
    with TestClient(create_app(validator, Settings())) as client:
        yield ApiClient(client, checker_key)


def accepted(running: ApiClient, enrolled: EnrolledToken) -> bool:
    answer = running.post("/v1/checks", json={"user_id": "anders", "code": enrolled.code()})
    return answer.status_code == 200 and bool(answer.json()["accepted"])


def test_a_new_data_key_and_a_new_master_key_leave_a_running_server_at_work(
    running: ApiClient, enrolled: EnrolledToken, database: str, clock: VirtualClock
) -> None:
    with Validator(database, MASTER, clock) as operator:
        operator.rotate_key(actor="operator")
        assert accepted(running, enrolled)
        operator.rewrap(OTHER, actor="operator")
    clock.advance(30)
    assert accepted(running, enrolled)
    assert running.get("/readyz").status_code == 200


@pytest.mark.parametrize("rotate_first", [True, False])
def test_a_data_key_under_an_unknown_master_key_makes_it_unready_and_is_logged(
    running: ApiClient,
    checker_key: str,
    enrolled: EnrolledToken,
    database: str,
    clock: VirtualClock,
    rotate_first: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Validator(database, MASTER, clock) as operator:
        if rotate_first:
            operator.rotate_key(actor="operator")
        operator.rewrap(OTHER, actor="operator")
    if not rotate_first:
        with Validator(database, OTHER, clock) as operator:
            operator.rotate_key(actor="operator")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            ready = running.get("/readyz")
            assert (ready.status_code, ready.json()["id"]) == (503, "master-key-wrong")
            assert (
                running.post(
                    "/v1/checks", json={"user_id": "anders", "code": enrolled.code()}
                ).status_code
                == 503
            )
    assert caplog.text.count("The master key does not fit this database.") == 1
    with Validator(database, OTHER, clock) as restarted:
        checker = ApiClient(TestClient(create_app(restarted, Settings())), checker_key)
        assert accepted(checker, enrolled)

"""Limits for guesses: one count for every worker of an installation, kept in the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from host_tools.validator.errors import AlteredError, TooManyRequestsError
from host_tools.validator.http.settings import Settings
from host_tools.validator.operations import guesses
from host_tools.validator.records import Guesser, Role
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.site import begin_sign_in
from tests.support.validator.tokens import activated

SOMEBODY = Guesser("guess", "192.0.2.7", 5.0)


@pytest.fixture
def workers(validator: Validator, database: str, clock: VirtualClock) -> Iterator[list[Validator]]:
    """Give four validators on one database, as four worker processes have them."""
    with ExitStack() as opened:
        others = [opened.enter_context(Validator(database, MASTER, clock)) for _ in range(3)]
        yield [validator, *others]


def allowed(validator: Validator, guesser: Guesser = SOMEBODY) -> bool:
    try:
        validator.count_guess(guesser)
    except TooManyRequestsError:
        return False
    return True


def test_four_workers_allow_as_many_guesses_as_one(
    workers: list[Validator], clock: VirtualClock
) -> None:
    assert [allowed(workers[n % 4]) for n in range(12)] == [True] * 5 + [False] * 7
    clock.advance(12)  # one of five a minute comes back
    assert [allowed(workers[n]) for n in range(4)] == [True] + [False] * 3
    clock.advance(3600)
    assert [allowed(workers[n % 4]) for n in range(8)] == [True] * 5 + [False] * 3
    assert workers[0].verify_audit().broken == ()


def test_guesses_at_once_are_counted_one_by_one(workers: list[Validator]) -> None:
    with ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(lambda n: allowed(workers[n % 4]), range(24)))
    assert sum(counted) == 5


def test_wrong_keys_at_all_workers_count_together_and_a_known_key_is_served(
    workers: list[Validator],
) -> None:
    _, key = workers[0].create_api_key("known", Role.AUDITOR, actor="test")
    settings = Settings(guesses_per_minute=5.0)
    clients = [TestClient(create_app(worker, settings)) for worker in workers]

    def ask(n: int, bearer: str) -> tuple[int, bool]:
        answer = clients[n % 4].get("/v1/tokens", headers={"Authorization": f"Bearer {bearer}"})
        return answer.status_code, "retry-after" in answer.headers

    known = key.reveal().decode()
    assert ask(0, known)[0] == 200
    # The same wrong key is a guess each time.
    asked = [ask(n, f"guess{n // 2}") for n in range(12)]
    assert asked == [(401, False)] * 5 + [(429, True)] * 7
    assert ask(0, known)[0] == 200


def test_codes_that_are_tried_at_all_workers_count_together(workers: list[Validator]) -> None:
    settings = Settings(guesses_per_minute=5.0)
    clients = [
        TestClient(create_app(worker, settings), follow_redirects=False) for worker in workers
    ]
    form = begin_sign_in(clients[0], "nobody.here")
    for client in clients[1:]:
        client.cookies = clients[0].cookies
    statuses = [
        clients[n % 4].post("/sign-in/approve", data={"csrf": form, "code": "0" * 6}).status_code
        for n in range(8)
    ]
    assert statuses == [422] * 5 + [429] * 3


def test_codes_that_are_right_are_no_guesses_nor_are_the_sign_ins_begun_for_them(
    validator: Validator, clock: VirtualClock
) -> None:
    (token,) = activated(validator, clock, "anna.holm")
    settings = Settings(guesses_per_minute=1.0)
    client = TestClient(create_app(validator, settings), follow_redirects=False)
    for _ in range(4):
        clock.advance(30)  # another code; half a guess comes back
        form = begin_sign_in(client, "anna.holm")
        given = client.post("/sign-in/approve", data={"csrf": form, "code": token.code()})
        assert given.headers["location"] == "/sign-in/done"


def test_what_was_right_is_given_back_once(validator: Validator, clock: VirtualClock) -> None:
    assert [allowed(validator) for _ in range(6)] == [True] * 5 + [False]
    for _ in range(2):
        validator.give_back_guess(SOMEBODY)
    assert [allowed(validator) for _ in range(3)] == [True] * 2 + [False]
    clock.advance(60)  # all come back by themselves
    validator.give_back_guess(SOMEBODY)
    assert [allowed(validator) for _ in range(6)] == [True] * 5 + [False]
    validator.give_back_guess(Guesser("guess", "198.51.100.1", 5.0))
    assert validator.verify_audit().broken == ()


def test_networks_and_kinds_are_apart(validator: Validator) -> None:
    elsewhere = Guesser("guess", "198.51.100.1", 5.0)
    another = Guesser("sign-in", "192.0.2.7", 5.0)
    assert not all(allowed(validator) for _ in range(6))
    assert allowed(validator, elsewhere)
    assert allowed(validator, another)


@pytest.mark.parametrize("back", [1, 59, 61, 3600, 365 * 86400])
def test_a_clock_that_is_put_back_stops_nobody_for_longer_than_two_minutes(
    validator: Validator, clock: VirtualClock, back: int
) -> None:
    for _ in range(6):
        allowed(validator)
    clock.advance(-back)
    clock.advance(0 if allowed(validator) else 120)
    assert allowed(validator)


@pytest.mark.parametrize("ahead", [0.01, 1, 30])
def test_two_servers_whose_clocks_differ_allow_no_more_guesses_than_one(
    validator: Validator, clock: VirtualClock, ahead: float
) -> None:
    guesses_made = 0
    for _ in range(600):  # 10 minutes, 5 guesses a minute and 5 at once
        clock.advance(ahead)
        guesses_made += allowed(validator)
        clock.advance(-ahead)
        guesses_made += allowed(validator)
        clock.advance(1)
    assert guesses_made <= 5 * 10 + 5 + 5 * ahead / 60


def test_a_count_that_was_changed_in_the_database_allows_nothing(validator: Validator) -> None:
    assert allowed(validator)
    with validator._database.writing() as connection:
        connection.execute(text("UPDATE guesses SET free_at = 0"))
    with pytest.raises(AlteredError):
        validator.count_guess(SOMEBODY)


def test_networks_that_come_and_go_do_not_fill_the_database(
    validator: Validator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "MAX_GUESSERS", 4)

    def rows() -> int:
        with validator._database.reading() as connection:
            return connection.execute(text("SELECT COUNT(*) FROM guesses")).scalar_one()

    for n in range(8):
        assert allowed(validator, Guesser("guess", f"192.0.2.{n}", 5.0))
    assert rows() == 4
    clock.advance(61)
    assert allowed(validator, Guesser("guess", "192.0.2.99", 5.0))
    assert rows() == 1
    assert validator.verify_audit().broken == ()

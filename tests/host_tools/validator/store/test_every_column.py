"""Every column of every table, taken from the schema: a change by SQL is found by the verification
and does no harm to whoever comes to the changed row."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column

from host_tools.errors import KodebrikError
from host_tools.validator.app_records import Approval
from host_tools.validator.errors import AlteredError, NotFoundError
from host_tools.validator.records import Status, Token, User
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.ocra import peer
from tests.support.validator.alteration import (
    ASSERTION,
    CHALLENGE,
    LIMITS,
    OPENID_REQUEST,
    PIN,
    SUITE,
    Filled,
    altered,
    columns,
    engine,
    fill,
    rows_of,
)
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER

# Columns that decide nothing and that no seal covers. A change of any other must be found.
DECIDE_NOTHING = {"write_probes.id", "write_probes.filler"}
CLIENT = OPENID_REQUEST.client
ROWS = 3  # of each table that are changed in turn


def test_verification_finds_a_change_of_any_column(
    validator: Validator, clock: VirtualClock, database: str
):
    fill(validator, clock)
    assert validator.verify_audit().broken == ()
    opened = engine(database)
    # On PostgreSQL one row shows that every type is read as it was sealed.
    rows = ROWS if opened.dialect.name == "sqlite" else 1
    unfound = []
    for column in columns():
        count = rows_of(opened, column)
        assert count, f"{column.table} has no row"
        for row in range(min(count, rows)):
            with altered(opened, column, row):
                if not validator.verify_audit().broken:
                    unfound.append(str(column))
    opened.dispose()
    assert validator.verify_audit().broken == (), "a change was not undone"
    assert sorted(set(unfound)) == sorted(DECIDE_NOTHING)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled, float]:
    """Give a database with rows in every table, what is in it, and its time."""
    path, clock = tmp_path_factory.mktemp("filled") / "validator.db", VirtualClock()
    with Validator(f"sqlite:///{path}", MASTER, clock) as validator:
        made = fill(validator, clock)
    return path, made, clock.now


Outcome = object


def uses(validator: Validator, made: Filled, clock: VirtualClock) -> Iterator[tuple[str, Outcome]]:
    """Come in by every way, with what is right and with what is wrong; give each outcome, None for
    a refusal."""

    def checked(code: str, user_id: str, **given: str) -> bool:
        request = CheckRequest(code, user_id=user_id, **given)
        return validator.check_many([request])[0].accepted or None

    def notices() -> tuple[Outcome, ...]:
        return tuple((one.user_id, one.email, one.kind) for one in validator.due_notices())

    def activated() -> bool:
        codes = [made.waiting.code()]
        return (
            validator.activate_by_user(
                "ditte-1", codes, made.activation_code, user_id="ditte", actor="test"
            )
            or None
        )

    phone, tablet = (replace(device, validator=validator) for device in (made.phone, made.tablet))

    def answered(digits: str) -> bool:
        (shown,) = phone.waiting()
        return phone.answer(shown, "approve", digits).accepted or None

    def state(approval: Approval) -> Outcome:
        found = validator.app.approval(["bank"], approval.id)
        return found.state, found.amr, found.digits, found.text

    response = peer(made.ocra.secret, SUITE, CHALLENGE)
    ways: dict[str, Callable[[], Outcome]] = {
        "key": lambda: _owner(validator.authenticate(made.key)),
        "front key": lambda: _owner(validator.authenticate(made.front_key)),
        "former key": lambda: _owner(validator.authenticate(made.former_key)),
        "session": lambda: _owner(validator.session_owner(made.session, LIMITS)),
        "sign-in": lambda: validator.sign_in(made.sign_in),
        "used code": lambda: checked(made.totp.code(-2), "anders", pin=PIN),
        "no PIN": lambda: checked(made.totp.code(), "anders"),
        "other's code": lambda: checked(made.bente.code(), "anders", pin=PIN),
        "code for another": lambda: checked(made.totp.code(), "bente", pin=PIN),
        "right code": lambda: checked(made.totp.code(), "anders", pin=PIN),
        "right code of bente": lambda: checked(made.bente.code(), "bente"),
        "not active yet": lambda: checked(made.waiting.code(), "ditte"),
        "activation": activated,
        "response": lambda: checked(response, "carla", challenge=CHALLENGE),
        "response again": lambda: checked(response, "carla", challenge=CHALLENGE),
        "notices": notices,
        "OpenID session": lambda: validator.openid.session(made.openid_session),
        "OpenID subject": lambda: _subject(validator, made),
        "OpenID keys": lambda: [
            (one.private, one.published_until) for one in validator.openid.published_keys()
        ],
        "access token": lambda: validator.openid.access(made.openid_access),
        "code of an application": lambda: validator.openid.grant(made.openid_code, CLIENT),
        "used code of an application": lambda: validator.openid.grant(
            made.openid_used_code, CLIENT
        ),
        "redeemed": lambda: (
            validator.openid.redeem_code(made.openid_code, CLIENT) is not None or None
        ),
        "redeemed again": lambda: validator.openid.redeem_code(made.openid_used_code, CLIENT),
        "JWT of an application": lambda: (
            validator.openid.take_assertion(CLIENT, ASSERTION, 600) or None
        ),
        "what is asked": lambda: (
            validator.openid.poll_backchannel(made.backchannel, CLIENT, CLIENT).outcome
        ),
        "access token after it": lambda: validator.openid.access(made.openid_access),
        "what waits": phone.waiting,
        "devices": lambda: validator.app.devices(phone.session),
        "notified": lambda: validator.app.notices(phone.session),
        "wrong PIN": lambda: tablet.unlock("9999").accepted or None,
        "right PIN": lambda: tablet.unlock().accepted or None,
        "asked": lambda: state(made.asked),
        "approved": lambda: state(made.approved),
        "wrong digits": lambda: answered(f"{(int(made.asked.digits) + 1) % 100:02}"),
        "right digits": lambda: answered(made.asked.digits),
        "asked, approved": lambda: state(made.asked),
        "use": lambda: validator.app.use(["bank"], made.approved.id, actor="test") or None,
        "use again": lambda: validator.app.use(["bank"], made.approved.id, actor="test") or None,
        "new session": lambda: validator.open_session(made.former_key, LIMITS),
    }
    for name, way in ways.items():
        try:
            yield name, way()
        except KodebrikError:
            yield name, None


def _subject(validator: Validator, made: Filled) -> Outcome:
    session = validator.openid.session(made.openid_session)
    return None if session is None else validator.openid.subject("shop", session)


def _owner(key) -> Outcome:
    return None if key is None else (key.name, key.role)


def _outcomes(path: Path, made: Filled, now: float) -> dict[str, Outcome]:
    clock = VirtualClock(now)
    try:
        with Validator(f"sqlite:///{path}", MASTER, clock) as validator:
            return dict(uses(validator, made, clock))
    except KodebrikError:
        return {}


@pytest.fixture(scope="module")
def right(filled, tmp_path_factory) -> dict[str, Outcome]:
    """Give the outcomes with a database that nobody has changed."""
    path, made, now = filled
    copied = tmp_path_factory.mktemp("right") / "validator.db"
    shutil.copy(path, copied)
    return _outcomes(copied, made, now)


def test_what_comes_in_and_what_does_not_without_a_change(right: dict[str, Outcome]):
    refused = {name for name, outcome in right.items() if outcome is None}
    assert refused == {
        "former key",
        "used code",
        "no PIN",
        "other's code",
        "code for another",
        "not active yet",
        "response again",
        "used code of an application",
        "JWT of an application",
        "redeemed again",
        "access token after it",
        "use again",
        "wrong PIN",
        "wrong digits",
        "new session",
    }
    assert right["notices"]


@pytest.mark.parametrize("column", columns(), ids=str)
def test_a_change_of_a_column_lets_nobody_in(
    filled, right: dict[str, Outcome], tmp_path: Path, column: Column
):
    path, made, now = filled
    opened = engine(f"sqlite:///{path}")
    for row in range(min(rows_of(opened, column), ROWS)):
        copied = tmp_path / f"{row}.db"
        with altered(opened, column, row):
            shutil.copy(path, copied)
        for name, outcome in _outcomes(copied, made, now).items():
            if name == "notices" and outcome is not None:
                assert set(outcome) <= set(right[name])
            else:
                assert outcome in (None, right[name]), f"{name} after a change of {column}"
    opened.dispose()


def shown(validator: Validator) -> Iterator[tuple[str, Callable[[], Iterable[Token | User]]]]:
    """Give the ways in which tokens and users are shown."""
    yield "tokens", lambda: validator.tokens().items
    yield "tokens of a user", lambda: validator.tokens(user_id="anders").items
    yield "active tokens", lambda: validator.tokens(status=Status.ACTIVE).items
    yield "tokens sought", lambda: validator.tokens(text="nders").items
    yield "token", lambda: [validator.token("bente-1")]
    yield "users", lambda: validator.users().items
    yield "users sought", lambda: validator.users(text="ente").items
    yield "user", lambda: [validator.user("anders")]


def test_a_row_of_which_a_column_was_changed_is_not_shown(filled, tmp_path: Path):
    path, _, now = filled
    copied = tmp_path / "copied.db"
    shutil.copy(path, copied)
    url = f"sqlite:///{copied}"
    opened, clock = engine(url), VirtualClock()
    clock.now = now
    refused: dict[str, set[str]] = {"tokens": set(), "users": set()}
    mine = [column for column in columns() if column.table.name in refused]
    with Validator(url, MASTER, clock) as validator:
        right = {name: set(show()) for name, show in shown(validator)}
        assert all(right.values())
        for column in mine:
            for row in range(min(rows_of(opened, column), ROWS)):
                with altered(opened, column, row):
                    for name, show in shown(validator):
                        # Of a user whose token was made no active one, no token is shown.
                        allowed = right[name] | {
                            replace(one, serial=None)
                            for one in right[name]
                            if isinstance(one, User) and column.table.name == "tokens"
                        }
                        try:
                            assert set(show()) <= allowed, f"{name} after a change of {column}"
                        except AlteredError:
                            refused[column.table.name] |= {name, str(column)}
                        except NotFoundError:
                            assert name in ("token", "user")
    opened.dispose()
    assert {str(column) for column in mine} <= refused["tokens"] | refused["users"]
    assert refused["tokens"] >= right.keys()
    assert refused["users"] >= right.keys()

"""Authorization codes on both databases, with two workers that share one."""

from concurrent.futures import ThreadPoolExecutor

from host_tools.validator.app_records import ApprovalLimits, ApprovalRequest, RelyingParty
from host_tools.validator.service import Validator
from tests.support.validator.alteration import OPENID_REQUEST, openid_session
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.direct_app import opened
from tests.support.validator.tokens import activated

CLIENT = OPENID_REQUEST.client


def test_a_code_that_fifty_redeem_at_once_with_two_workers_gives_one_access_token(
    validator: Validator, clock: VirtualClock, database: str
):
    (anders,) = activated(validator, clock, "anders")
    validator.openid.prepare()
    _, session = openid_session(validator, "anders", anders.serial)
    with Validator(database, MASTER, clock) as other, ThreadPoolExecutor(50) as threads:
        for _ in range(3):
            code = validator.openid.issue_code(session, OPENID_REQUEST, "otp")
            workers = 25 * [validator, other]
            given = list(
                threads.map(lambda one, code=code: one.openid.redeem_code(code, CLIENT), workers)
            )
            (token,) = (one for one in given if one is not None)
            # The other forty-nine presented it again, which revokes what the first one got.
            assert other.openid.access(token) is None
    assert validator.verify_audit().broken == ()


def test_two_workers_that_start_at_once_draw_one_key_for_each_algorithm(
    validator: Validator, clock: VirtualClock, database: str
):
    with Validator(database, MASTER, clock) as other, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: one.openid.prepare(), 4 * [validator, other]))
        assert len(validator.openid.published_keys()) == 2
        assert other.openid.published_keys() == validator.openid.published_keys()
        assert validator.openid.rotate_key(actor="test") == 4
        assert other.openid.published_keys()[0].published_until is None
    assert validator.verify_audit().broken == ()


def test_a_session_ends_with_its_user(validator: Validator, clock: VirtualClock):
    (anders,) = activated(validator, clock, "anders")
    validator.openid.prepare()
    opened, session = openid_session(validator, "anders", anders.serial)
    code = validator.openid.issue_code(session, OPENID_REQUEST, "otp")
    validator.delete_user("anders", actor="test")
    assert validator.openid.session(opened) is None
    assert validator.openid.grant(code, CLIENT) is None
    assert validator.verify_audit().broken == ()


def test_an_approval_that_fifty_poll_for_at_once_with_two_workers_gives_one_access_token(
    validator: Validator, clock: VirtualClock, database: str
):
    activated(validator, clock, "anders")
    validator.openid.prepare()
    phone = opened(validator, "anders")
    wanted = ApprovalRequest(RelyingParty("openid shop", "Shop"), "anders", "session of the shop")
    asked = validator.openid.ask_by_backchannel(CLIENT, "openid", "app", wanted, ApprovalLimits())
    assert phone.answer(phone.waiting()[0], "approve", asked.digits).accepted
    with Validator(database, MASTER, clock) as other, ThreadPoolExecutor(50) as threads:
        polled = list(
            threads.map(
                lambda one: one.openid.poll_backchannel(asked.request_id, CLIENT, CLIENT),
                25 * [validator, other],
            )
        )
        (token,) = (one.access_token for one in polled if one.access_token is not None)
        granted = other.openid.access(token)
    assert granted is not None
    assert granted.user_id == "anders"
    assert validator.verify_audit().broken == ()


def test_a_jwt_that_comes_fifty_times_at_once_to_two_workers_is_taken_once(
    validator: Validator, clock: VirtualClock, database: str
):
    with Validator(database, MASTER, clock) as other, ThreadPoolExecutor(50) as threads:
        for identifier in ("first", "second"):
            taken = list(
                threads.map(
                    lambda one, name=identifier: one.openid.take_assertion(CLIENT, name, 60),
                    25 * [validator, other],
                )
            )
            assert sum(taken) == 1
        assert validator.openid.take_assertion("bank", "first", 60)  # of another application
        clock.advance(60)
        assert validator.openid.take_assertion(CLIENT, "first", 60)  # which is then refused by exp
    assert validator.verify_audit().broken == ()

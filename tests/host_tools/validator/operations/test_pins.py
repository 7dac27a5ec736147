"""PINs: they survive key rotation; whoever knows none need not be able to lock others out."""

from fastapi.testclient import TestClient
from sqlalchemy import text

from host_tools.secret import Secret
from host_tools.validator.http.settings import Settings
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.site import begin_sign_in
from tests.support.validator.tokens import EnrolledToken, activated

PIN = "1357"


def with_pin(validator: Validator, clock: VirtualClock) -> EnrolledToken:
    (anders,) = activated(validator, clock, "anders")
    validator.set_pin("anders", Secret(PIN.encode()), actor="test")
    return anders


def reason(validator: Validator, code: str, pin: str | None, **options: bool) -> Reason:
    request = CheckRequest(code, user_id="anders", pin=pin, **options)
    return validator.check_many([request])[0].reason


def pin_key(validator: Validator) -> int:
    with validator._database.reading() as connection:
        return connection.execute(text("SELECT pin_key FROM users")).scalar_one()


def test_after_key_rotation_a_pin_is_known_and_hashed_anew_when_it_is_next_given(
    validator: Validator, clock: VirtualClock
) -> None:
    anders = with_pin(validator, clock)
    validator.rotate_key(actor="test")
    assert reason(validator, anders.code(), "2468") is Reason.WRONG_PIN
    assert reason(validator, "000000", PIN) is Reason.WRONG
    assert pin_key(validator) == 1, "only a right code and PIN prove it"
    assert reason(validator, anders.code(), PIN) is Reason.ACCEPTED
    assert pin_key(validator) == 2
    clock.advance(60)
    assert reason(validator, anders.code(), "2468") is Reason.WRONG_PIN
    both = [CheckRequest(anders.code(n), user_id="anders", pin=PIN) for n in (0, 1)]
    validator.rotate_key(actor="test")
    assert [verdict.accepted for verdict in validator.check_many(both)] == [True, True]
    assert pin_key(validator) == 3
    assert validator.verify_audit().broken == ()


def test_where_the_pin_comes_before_the_lock_guesses_without_it_lock_nobody_out(
    validator: Validator, clock: VirtualClock
) -> None:
    anders = with_pin(validator, clock)
    for pin in (None, "2468"):
        for _ in range(4):
            given = reason(validator, "000000", pin, pin_before_lock=True)
            assert given is Reason.WRONG_PIN
    assert validator.token(anders.serial).failures == 0
    # Who has the token, or knows the PIN, is held up as ever.
    assert reason(validator, anders.code(), "2468", pin_before_lock=True) is Reason.WRONG_PIN
    assert reason(validator, "000000", PIN, pin_before_lock=True) is Reason.WRONG
    assert reason(validator, anders.code(), None, pin_before_lock=True) is Reason.WRONG_PIN
    assert reason(validator, anders.code(), PIN, pin_before_lock=True) is Reason.LOCKED_OUT


def test_the_sign_in_demands_the_pin_first_where_the_settings_say_so(
    validator: Validator, clock: VirtualClock
) -> None:
    anders = with_pin(validator, clock)
    for first, failures in ((True, 0), (False, 2)):
        settings = Settings(pin_before_lock=first)
        client = TestClient(create_app(validator, settings), follow_redirects=False)
        form = begin_sign_in(client, "anders")
        for _ in range(2):
            given = {"csrf": form, "code": "000000", "pin": "2468"}
            assert client.post("/sign-in/approve", data=given).status_code == 422
        assert validator.token(anders.serial).failures == failures

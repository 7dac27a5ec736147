"""The rule that accepts and refuses codes, without any database. Codes are pyotp's."""

import base64

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.records import Status
from host_tools.validator.rule.acceptance import TokenState, decide, resynchronise
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason

SECRET = bytes(range(20))
NOW = 1_800_000_000.0
STEP = 60_000_000


def _totp_state(**changes) -> TokenState:
    generator = CodeGenerator("totp", SECRET, "SHA1", 6, 30)
    state = TokenState(Status.ACTIVE, generator, 1, 10, -1, 0, 0.0, TokenClock(0.0, NOW))
    return state._replace(**changes)


def _hotp_state(counter: int) -> TokenState:
    return _totp_state(generator=CodeGenerator("hotp", SECRET, "SHA1", 6, None), last=counter - 1)


def _totp(steps: int = 0) -> str:
    return pyotp.TOTP(base64.b32encode(SECRET).decode()).at(int(NOW) + 30 * steps)


def _hotp(counter: int) -> str:
    return pyotp.HOTP(base64.b32encode(SECRET).decode()).at(counter)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_one_step_off_is_accepted(steps: int):
    decision = decide(_totp_state(), _totp(steps), NOW)
    assert (decision.reason, decision.steps, decision.state.last) == (
        Reason.ACCEPTED,
        steps,
        STEP + steps,
    )


def test_a_code_in_groups_is_the_same_code():
    code = _totp()
    assert decide(_totp_state(), f" {code[:3]} {code[3:]}\n", NOW).reason is Reason.ACCEPTED


@pytest.mark.parametrize(
    ("steps", "reason"),
    [(-2, Reason.LATE), (-60, Reason.LATE), (2, Reason.EARLY), (9, Reason.EARLY)],
)
def test_a_code_outside_the_window_is_told_by_its_steps(steps: int, reason: Reason):
    decision = decide(_totp_state(), _totp(steps), NOW)
    assert (decision.reason, decision.steps) == (reason, steps)
    assert decision.state.failures == 1


@pytest.mark.parametrize("window", [0, 1, 5])
def test_the_window_is_the_tokens_own(window: int):
    state = _totp_state(tolerance=window)
    assert decide(state, _totp(-window), NOW).reason is Reason.ACCEPTED
    assert decide(state, _totp(-window - 1), NOW).reason is Reason.LATE


def test_no_code_is_accepted_twice_nor_after_a_later_one():
    first = decide(_totp_state(), _totp(), NOW)
    again = decide(first.state, _totp(), NOW)
    earlier = decide(first.state, _totp(-1), NOW)
    assert (again.reason, earlier.reason) == (Reason.REPLAY, Reason.REPLAY)
    assert again.state.failures == 0  # who presses twice is not locked out


def test_neighbouring_digits_exchanged_are_told_from_a_guess():
    code = _totp()
    place = next(n for n in range(5) if code[n] != code[n + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert decide(_totp_state(), swapped, NOW).reason is Reason.TRANSPOSED
    digit_off = str((int(code[0]) + 1) % 10) + code[1:]
    assert decide(_totp_state(), digit_off, NOW).reason is Reason.WRONG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "\N{FULLWIDTH DIGIT ONE}" * 6,
        "-12345",
        "+12345",
        "1_2345",
        "12 345",
    ],
)
def test_what_is_no_code_is_refused_and_does_not_count(text: str):
    decision = decide(_totp_state(), text, NOW)
    assert (decision.reason, decision.state.failures) == (Reason.MALFORMED, 0)


def test_hotp_looks_ahead_and_never_back():
    state = _hotp_state(5)
    assert decide(state, _hotp(15), NOW).state.last == 15
    beyond = decide(state, _hotp(16), NOW)
    assert (beyond.reason, beyond.steps) == (Reason.EARLY, 11)
    assert decide(state, _hotp(4), NOW).reason is Reason.REPLAY


def test_the_last_counter_that_a_database_can_hold_is_accepted_and_ends_the_token():
    state = _hotp_state(2**63 - 1)
    decision = decide(state, _hotp(2**63 - 1), NOW)
    assert (decision.reason, decision.state.last) == (Reason.ACCEPTED, 2**63 - 1)
    assert decide(decision.state, _hotp(2**63), NOW).reason is not Reason.ACCEPTED
    pair = (_hotp(2**63 - 1), _hotp(2**63))
    assert resynchronise(state, pair, NOW, 1000).reason is Reason.WRONG


@given(st.integers(0, 2**62), st.integers(0, 900))
def test_two_consecutive_codes_find_a_hotp_counter(counter: int, ahead: int):
    state = _hotp_state(counter)
    pair = (_hotp(counter + ahead), _hotp(counter + ahead + 1))
    decision = resynchronise(state, pair, NOW, 1000)
    assert decision.reason is Reason.ACCEPTED
    assert decide(decision.state, pair[1], NOW).reason is Reason.REPLAY
    assert decide(decision.state, _hotp(counter + ahead + 2), NOW).reason is Reason.ACCEPTED


@pytest.mark.slow
@given(st.integers(-2000, 2000))
def test_two_consecutive_codes_find_a_clock(steps: int):
    decision = resynchronise(_totp_state(), (_totp(steps), _totp(steps + 1)), NOW, 2880)
    assert decision.reason is Reason.ACCEPTED
    next_code = pyotp.TOTP(base64.b32encode(SECRET).decode()).at(int(NOW) + 30 * (steps + 2))
    assert decide(decision.state, next_code, NOW + 30).reason is Reason.ACCEPTED


def test_two_codes_that_are_not_consecutive_find_nothing():
    assert resynchronise(_totp_state(), (_totp(5), _totp(7)), NOW, 2880).reason is Reason.WRONG


def test_three_wrong_codes_lock_for_a_minute_even_for_the_right_code():
    state = _totp_state()
    for _ in range(3):
        state = decide(state, "000000", NOW).state
    locked = decide(state, _totp(), NOW + 59)
    assert (locked.reason, locked.retry_after) == (Reason.LOCKED_OUT, 1)
    assert locked.state == state
    assert decide(state, _totp(2), NOW + 60).reason is Reason.ACCEPTED


def test_a_right_code_clears_the_failures():
    state = decide(_totp_state(failures=2), _totp(), NOW).state
    assert (state.failures, state.locked_until) == (0, 0)


def test_100_failures_in_a_row_end_it_whatever_the_pauses():
    state, now, evaluated = _totp_state(), NOW, 0
    while state.status is Status.ACTIVE:
        now = max(now, state.locked_until)
        state = decide(state, "000000", now).state
        evaluated += 1
    assert evaluated <= 100
    code = pyotp.TOTP(base64.b32encode(SECRET).decode()).at(int(now))
    assert decide(state, code, now).reason is Reason.BLOCKED


@pytest.mark.parametrize("status", [Status.STOCK, Status.ASSIGNED, Status.REPLACED])
def test_only_an_active_token_is_accepted(status: Status):
    assert decide(_totp_state(status=status), _totp(), NOW).reason is Reason.NOT_ACTIVE


def test_a_wrong_pin_costs_an_attempt_and_leaves_the_code_unused():
    refused = decide(_totp_state(), _totp(), NOW, pin_correct=False)
    assert (refused.reason, refused.state.failures) == (Reason.WRONG_PIN, 1)
    assert decide(refused.state, _totp(), NOW).reason is Reason.ACCEPTED


def test_a_response_needs_its_challenge():
    # RFC 6287 appendix C.1: suite OCRA-1:HOTP-SHA1-6:QN08, the standard 20-byte key
    generator = CodeGenerator(
        "ocra", b"12345678901234567890", "SHA1", 6, None, "OCRA-1:HOTP-SHA1-6:QN08"
    )
    state = _totp_state(generator=generator)
    assert decide(state, "237653", NOW).reason is Reason.NO_CHALLENGE
    assert decide(state, "237653", NOW, challenge="00000000").reason is Reason.ACCEPTED
    assert decide(state, "237653", NOW, challenge="11111111").reason is Reason.WRONG


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 90), st.sampled_from([-2, -1, 0, 1, 2])), max_size=40))
def test_accepted_steps_only_ever_rise(uses: list[tuple[float, int]]):
    state, now, accepted = _totp_state(), NOW, []
    for pause, steps in uses:
        now += pause
        code = pyotp.TOTP(base64.b32encode(SECRET).decode()).at(int(now) + 30 * steps)
        decision = decide(state, code, now)
        state = decision.state
        if decision.reason is Reason.ACCEPTED:
            accepted.append(decision.step)
    assert accepted == sorted(set(accepted))

"""Nothing that is refused tells who exists by what it costs: the same statements and as many HMACs
for every user. Counted, not timed."""

import asyncio
from collections.abc import Callable

import pytest

from host_tools.errors import KodebrikError
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.http.otp_passwords import check_password
from host_tools.validator.records import NewToken, SessionLimits, Status
from host_tools.validator.rule.acceptance import REFUSAL_CODES
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.support.validator.alteration import SUITE
from tests.support.validator.clock import VirtualClock
from tests.support.validator.costs import Cost, cost_of
from tests.support.validator.tokens import EnrolledToken, activated

PIN = "1357"
USERS = {
    "active": Reason.WRONG,
    "blocked": Reason.BLOCKED,
    "locked": Reason.LOCKED_OUT,
    "waiting": Reason.NOT_ACTIVE,  # for its activation
    "hotp1": Reason.WRONG,
    "ocra1": Reason.NO_CHALLENGE,
    "several": Reason.WRONG,
    "tokenless": Reason.NOT_ACTIVE,
    "nobody": Reason.UNKNOWN_USER,
}
WITH_PIN = ("active", "blocked", "waiting", "tokenless")
CODES = ["000000", "00000000", "abc"]


@pytest.fixture
def populated(validator: Validator, clock: VirtualClock) -> Validator:
    """Give a validator with a user of each kind of USERS; those of WITH_PIN also with a PIN."""
    pinned = [f"{name}-pin" for name in WITH_PIN]
    active = [name for name in (*USERS, *pinned) if name.partition("-")[0] in ACTIVE]
    activated(validator, clock, *active)
    activated(validator, clock, "ocra1", suite=SUITE)
    by_counter = Credential("test", Secret(bytes(range(20))), counter=0, period=None)
    validator.import_tokens([NewToken("hotp1-1", by_counter)], actor="test")
    validator.assign("hotp1-1", "hotp1", actor="test")
    validator.activate_by_administrator("hotp1-1", actor="test")
    for number in range(2, 6):
        spare = EnrolledToken(f"several-{number}", "several", clock)
        validator.import_tokens([spare.new()], actor="test")
        validator.assign(spare.serial, "several", actor="test")
    for name in ("waiting", "waiting-pin"):
        validator.import_tokens([EnrolledToken(f"{name}-1", name, clock).new()], actor="test")
        validator.assign(f"{name}-1", name, actor="test")
        validator.issue_activation_code(f"{name}-1", actor="test")
    for name in ("tokenless", "tokenless-pin"):
        validator.create_user(name, actor="test")
    for name in pinned:
        validator.set_pin(name, Secret(PIN.encode()), actor="test")
    for name in ("blocked", "blocked-pin"):
        validator.block(f"{name}-1", actor="test")
    validator.check_many([CheckRequest("000000", user_id="locked")] * 3)
    # The tally of unknown users is there, and a data key is known: as on any day but the first.
    validator.check_many([CheckRequest("000000", user_id="nobody-else")])
    return validator


ACTIVE = ("active", "blocked", "locked", "several")
NAMES = [*USERS, *(f"{name}-pin" for name in WITH_PIN)]


def costs(validator: Validator, attempt: Callable[[str], object]) -> dict[str, Cost]:
    """Give what `attempt(user_id)` costs for each user."""
    found = {}
    for name in NAMES:
        with cost_of(validator) as found[name]:
            attempt(name)
    return found


def equal(found: dict[str, Cost]) -> tuple[int, int, int]:
    """Give the cost that all have in common."""
    counts = {name: cost.counts for name, cost in found.items()}
    assert len(set(counts.values())) == 1, counts
    return found["nobody"].counts


@pytest.mark.parametrize("pin", [None, PIN, "2468"])
def test_a_refused_check_costs_the_same_for_every_user(
    populated: Validator, pin: str | None
) -> None:
    for code in CODES:
        reasons: dict[str, Reason] = {}

        def refused(name: str, code: str = code, seen: dict[str, Reason] = reasons) -> None:
            request = CheckRequest(code, user_id=name, pin=pin)
            seen[name] = populated.check_many([request])[0].reason
            assert seen[name] is not Reason.ACCEPTED

        statements, hotps, _ = equal(costs(populated, refused))
        assert hotps == REFUSAL_CODES
        assert statements <= 8
        if code == CODES[0] and pin == PIN:
            assert reasons | USERS == reasons
    assert populated.verify_audit().broken == ()


def test_a_refused_check_by_serial_number_costs_the_same_for_every_token(
    populated: Validator,
) -> None:
    found = costs(
        populated,
        lambda name: populated.check_many([CheckRequest("000000", serial=f"{name}-1")]),
    )
    equal(found)


def test_what_is_only_counted_costs_as_much_as_what_is_noted(populated: Validator) -> None:
    found = {}
    for n in range(70):
        with cost_of(populated) as found[n]:
            populated.check_many([CheckRequest("000000", user_id=f"nobody-{n}")])
    assert len({cost.counts for cost in found.values()}) == 1
    assert populated.audit().items[0].detail["reason"] == "unknown_user"


def test_a_refused_sign_in_costs_the_same_for_every_user(populated: Validator) -> None:
    def sign_in(name: str) -> None:
        session = populated.open_sign_in(name, "12345678", SessionLimits(60, 60))
        populated.sign_in(session)
        request = CheckRequest("000000", user_id=name, challenge="12345678", issue_challenge=True)
        assert not populated.check_many([request])[0].accepted

    equal(costs(populated, sign_in))


def test_a_refused_password_costs_the_same_for_every_user(populated: Validator) -> None:
    class Inline:
        """The validator, with checks that are not queued to another thread."""

        def __getattr__(self, name: str) -> object:
            return getattr(populated, name)

        async def check(self, request: CheckRequest) -> object:
            return populated.check_many([request])[0]

    for password in ("000000", f"{PIN}000000"):
        for serial in (None, "active-1"):
            found = costs(
                populated,
                lambda name, password=password, serial=serial: asyncio.run(
                    check_password(Inline(), "test", password, user=name, serial=serial)
                ),
            )
            equal(found)


def test_a_refused_activation_costs_the_same_for_every_user_and_token(
    populated: Validator,
) -> None:
    for serial in ("own", "waiting-1", "missing"):
        for codes in (["000000"], ["000000", "111111"]):

            def activate(name: str, serial: str = serial, codes: list[str] = codes) -> None:
                named = f"{name}-1" if serial == "own" else serial
                assert not populated.activate_by_user(
                    named, codes, "00000000", user_id=name, actor="test"
                )

            equal(costs(populated, activate))
    assert populated.token("waiting-1").status is Status.ASSIGNED
    assert populated.verify_audit().broken == ()


def test_a_refused_challenge_costs_the_same_for_every_user_and_token(
    populated: Validator,
) -> None:
    def ask(**whose: str) -> None:
        with pytest.raises(KodebrikError):
            populated.issue_challenge(**whose, text="x", actor="test")

    equal(costs(populated, lambda name: ask(user_id=name)))
    equal(costs(populated, lambda name: ask(serial=f"{name}-1")))

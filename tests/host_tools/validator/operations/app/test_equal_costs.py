"""What is refused at the doors of the app tells nobody who exists: the same statements and as many
HMACs, whoever is asked about. Counted, not timed."""

from collections.abc import Callable

import pytest

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AppKey,
    AppKeyKind,
    AppProof,
    AppReason,
    NewAppDevice,
    SignedChallenge,
)
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.costs import Cost, cost_of
from tests.support.validator.direct_app import ANYBODY, NO_SITE, DirectDevice, ask, opened
from tests.support.validator.tokens import activated

USERS = ("active", "tokenless", "letter", "phones", "blocked", "reported", "nobody")


@pytest.fixture
def populated(validator: Validator, clock: VirtualClock) -> Validator:
    """Give a validator with a user of each kind of USERS, but nobody."""
    validator.create_user("reported", actor="test")
    phone = opened(validator, "reported")
    ask(validator, "reported")
    assert phone.answer(phone.waiting()[0], "report").accepted
    clock.advance(3601)  # what was asked within an hour is read for each that is asked
    activated(validator, clock, "active", "blocked")
    for name in ("tokenless", "letter", "phones"):
        validator.create_user(name, actor="test")
    validator.app.issue_letter("letter", actor="test")
    for _ in range(2):
        opened(validator, "phones")
    validator.block("blocked-1", actor="test")
    # The tally of unknown users and the server's chain are there, as on any day but the first.
    _activate(validator, "nobody-else", activation_code="0" * 8)
    ask(validator, "nobody-else")
    return validator


def _activate(validator: Validator, user_id: str, **code: str) -> bool:
    key = AppKey(AppKeyKind.PIN, b"never used", pin=Secret(b"4711"))
    challenge = validator.app.challenge()
    new = NewAppDevice(challenge, user_id, "Telefon", key, **code)
    return validator.app.activate(new, ANYBODY) is not None


def costs(
    validator: Validator, names: tuple[str, ...], attempt: Callable[[str], object]
) -> set[tuple[int, int, int]]:
    """Give what `attempt(name)` costs, without repetitions."""
    found: dict[str, Cost] = {}
    for name in names:
        with cost_of(validator) as found[name]:
            attempt(name)
    counts = {name: cost.counts for name, cost in found.items()}
    assert len(set(counts.values())) == 1, counts
    return set(counts.values())


@pytest.mark.parametrize(
    "code", [{"activation_code": "none"}, {"activation_code": "0" * 12}, {"code": "000000"}]
)
def test_a_refused_activation_costs_the_same_for_every_user(
    populated: Validator, code: dict[str, str]
):
    def attempt(name: str) -> None:
        assert not _activate(populated, name, **code)

    costs(populated, USERS, attempt)
    assert populated.verify_audit().broken == ()


def test_asking_costs_the_same_whoever_is_asked(populated: Validator):
    costs(populated, USERS, lambda name: ask(populated, name))
    found = {ask(populated, name, f"browser-session-{name}").state for name in USERS}
    assert found == {"waiting"}
    assert populated.verify_audit().broken == ()


def test_waiting_taking_back_and_using_cost_the_same_whoever_is_asked(populated: Validator):
    asked = {name: ask(populated, name, f"browser-session-{name}").id for name in USERS}
    app = populated.app
    costs(populated, USERS, lambda name: app.approval(["bank"], asked[name]))
    costs(populated, USERS, lambda name: app.use(["bank"], asked[name], actor="bank"))
    costs(populated, USERS, lambda name: app.cancel(["bank"], asked[name], actor="bank"))


def test_a_device_without_its_key_costs_the_same_whether_it_exists_or_not(populated: Validator):
    phone = opened(populated, "phones")
    removed = opened(populated, "phones")
    populated.delete(removed.device, actor="test")
    blocked = opened(populated, "phones")
    populated.block(blocked.device, actor="test")
    names = (phone.device, removed.device, blocked.device, "active-1", "APP000000000000")

    def attempt(name: str) -> None:
        stranger = DirectDevice(populated, "phones", device=name, counter=100)
        assert stranger.unlock().reason is AppReason.REFUSED

    costs(populated, names, attempt)

    def nonsense(name: str) -> None:
        asked = SignedChallenge(name, 1, "nonsense", AppProof(b"x"), NO_SITE)
        verdict, _ = populated.app.open_session(asked, ANYBODY, seconds=60)
        assert verdict.reason is AppReason.REFUSED

    costs(populated, names, nonsense)

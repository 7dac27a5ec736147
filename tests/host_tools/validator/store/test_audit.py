"""The audit: any change, and any gap, is found and named. The attacker may write everything but
does not have the key."""

import pytest
from sqlalchemy import create_engine, text

from host_tools.validator.records import AuditFault
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.tokens import activated

TAMPERING = {
    "an entry's text": (
        "UPDATE audit SET detail = replace(detail, 'wrong', 'accepted') WHERE sequence = 6",
        "a-one",
        6,
    ),
    "an entry's time": (
        "UPDATE audit SET at = at + 1 WHERE chain = 'a-one' AND sequence = 2",
        "a-one",
        2,
    ),
    "who did it": (
        "UPDATE audit SET actor = 'other' WHERE chain = 'a-one' AND sequence = 3",
        "a-one",
        3,
    ),
    "an entry taken out": ("DELETE FROM audit WHERE chain = 'a-one' AND sequence = 4", "a-one", 4),
    "the last entry taken out": (
        "DELETE FROM audit WHERE chain = 'a-one' AND sequence = 7",
        "a-one",
        7,
    ),
    "the first entry taken out": (
        "DELETE FROM audit WHERE chain = 'a-one' AND sequence = 1",
        "a-one",
        1,
    ),
    "a whole chain taken out": ("DELETE FROM audit WHERE chain = 'a-one'", "a-one", 1),
    "a server's entry taken out": ("DELETE FROM audit WHERE chain = '' AND sequence = 2", None, 2),
    "failures forgotten": ("UPDATE tokens SET failures = 0 WHERE serial = 'a-one'", "a-one", 7),
    "a used code made new": (
        "UPDATE tokens SET last_step = last_step - 1 WHERE serial = 'a-one'",
        "a-one",
        7,
    ),
    "a search made wider": (
        "UPDATE tokens SET clock_ppm = 200 WHERE serial = 'a-one'",
        "a-one",
        7,
    ),
    "a token given to another": (
        "UPDATE tokens SET owner_id = (SELECT max(id) FROM users), status = 'blocked' WHERE "
        "serial = 'a-one'",
        "a-one",
        7,
    ),
    "a token and its chain taken out": (
        "DELETE FROM audit WHERE chain = 'a-one'; DELETE FROM tokens WHERE serial = 'a-one'",
        "a-one",
        1,
    ),
    "a chain cut short": (
        "UPDATE tokens SET audit_sequence = 6,"
        " audit_mac = (SELECT mac FROM audit WHERE chain = 'a-one' AND sequence = 6) WHERE "
        "serial = 'a-one';"
        " DELETE FROM audit WHERE chain = 'a-one' AND sequence = 7",
        "a-one",
        6,
    ),
}


@pytest.fixture
def used(validator: Validator, clock: VirtualClock) -> Validator:
    one, _ = activated(validator, clock, "a-one", "a-two")
    for code in (one.code(), "000000", "000000", "000000"):
        clock.now += 60
        validator.check_many([CheckRequest(code, user_id="a-one")])
    return validator


def test_an_unchanged_audit_has_no_faults(used: Validator):
    report = used.verify_audit()
    assert (report.broken, report.chains) == ((), 3)
    assert report.entries == used.audit().total


@pytest.mark.parametrize("how", TAMPERING)
def test_a_changed_or_missing_entry_is_named(used: Validator, database: str, how: str):
    statements, serial, sequence = TAMPERING[how]
    serial = None if serial is None else f"{serial}-1"
    engine = create_engine(database)
    with engine.begin() as connection:
        for statement in statements.replace("'a-one'", "'a-one-1'").split("; "):
            assert connection.execute(text(statement)).rowcount >= 1
    engine.dispose()
    found: list[AuditFault] = list(used.verify_audit().broken)
    assert (serial, sequence) in [(broken.serial, broken.sequence) for broken in found]
    assert "a-two-1" not in {broken.serial for broken in found}


def test_every_act_of_an_administrator_has_its_entry(validator: Validator, clock: VirtualClock):
    (one,) = activated(validator, clock, "anders")
    validator.set_window(one.serial, window=3, actor="boss")
    validator.clock_was_set(one.serial, actor="boss")
    validator.block(one.serial, reason="lost", actor="boss")
    validator.unblock(one.serial, actor="boss")
    validator.unassign(one.serial, actor="boss")
    validator.rotate_key(actor="boss")
    entries = [entry for entry in validator.audit().items if entry.actor == "boss"]
    actions = {entry.action for entry in entries}
    assert actions == {"window", "clock", "block", "unblock", "unassign", "rotate_key"}
    assert next(entry.detail for entry in entries if entry.action == "block") == {"reason": "lost"}


def test_verifying_while_codes_are_checked_finds_nothing_wrong(
    validator: Validator, clock: VirtualClock
):
    holders = activated(validator, clock, *(f"user-{n}" for n in range(5)))
    reports = []
    for _ in range(10):
        asked = [
            validator.submit(CheckRequest("000000", user_id=holder.user_id))
            for holder in holders * 20
        ]
        reports.append(validator.verify_audit())
        assert len([future.result() for future in asked]) == 100
    assert [report.broken for report in reports] == [()] * 10
    assert len({report.entries for report in reports}) > 1


def test_unattributed_checks_do_not_fill_the_audit(validator: Validator, clock: VirtualClock):
    """60 a minute are logged, the others counted, and their number is logged when the minute is
    over."""
    activated(validator, clock, "anders")
    before = validator.audit().total
    for start in range(0, 300, 50):
        validator.check_many(
            [CheckRequest("123456", user_id=f"nobody-{start + n}") for n in range(50)]
        )
    assert validator.audit().total == before + 60
    clock.now += 61
    verdict = validator.check_many([CheckRequest("123456", user_id="nobody-last")])[0]
    assert verdict.reason is Reason.UNKNOWN_USER
    last, counted = validator.audit(limit=2).items
    assert (last.action, last.detail["reason"]) == ("check", "unknown_user")
    assert (counted.action, counted.detail["number"], counted.actor) == (
        "not_noted",
        240,
        "kodebrik",
    )
    assert not validator.verify_audit().broken
    validator.check_many([CheckRequest("123456", user_id="anders")] * 3)
    assert validator.audit(serial="anders-1").items[0].action == "check", (
        "every check of a known user is logged"
    )


def test_after_the_clock_was_set_back_checks_are_logged_again(
    validator: Validator, clock: VirtualClock
):
    validator.check_many([CheckRequest("123456", user_id=f"nobody-{n}") for n in range(61)])
    clock.now -= 86400
    before = validator.audit().total
    validator.check_many([CheckRequest("123456", user_id="nobody-else")])
    assert validator.audit().total == before + 2

"""Verification that goes on from an anchor, and what a verification of any kind takes of memory."""

import tracemalloc

import pytest
from sqlalchemy import create_engine, text

from host_tools.validator.operations.audit import anchors
from host_tools.validator.records import AuditAnchor
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.validator import bulk
from tests.support.validator.alteration import engine
from tests.support.validator.clock import VirtualClock
from tests.support.validator.copies import copied, put_back
from tests.support.validator.tokens import EnrolledToken, activated

BEFORE, SINCE = 6, 4  # checks of each token


@pytest.fixture
def anchored(
    validator: Validator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> tuple[Validator, AuditAnchor]:
    """Give a validator with two users, of which bente was not there since the anchor."""
    monkeypatch.setattr(anchors, "_CLOCKS_DIFFER", 0)
    anders, bente = activated(validator, clock, "anders", "bente")
    for token in (anders, bente):
        _use(validator, clock, token, BEFORE)
    anchor = validator.anchor_audit(actor="test")
    _use(validator, clock, anders, SINCE)
    validator.create_user("carla", actor="test")
    return validator, anchor


def _use(validator: Validator, clock: VirtualClock, token: EnrolledToken, times: int) -> None:
    for _ in range(times):
        clock.now += 60
        validator.check_many([CheckRequest(token.code(), user_id=token.user_id)])


def _resumed(anchored: tuple[Validator, AuditAnchor]) -> list[tuple[str | None, int | None]]:
    validator, anchor = anchored
    broken = validator.verify_audit(anchor=anchor, resume=True).broken
    return [(fault.serial, fault.sequence) for fault in broken]


def test_what_was_before_the_anchor_is_counted_and_not_read(
    anchored: tuple[Validator, AuditAnchor],
):
    validator, anchor = anchored
    whole = validator.verify_audit()
    resumed = validator.verify_audit(anchor=anchor, resume=True)
    assert whole.broken == resumed.broken == ()
    assert (whole.earlier, whole.entries, whole.chains) == (
        0,
        resumed.entries,
        resumed.chains,
    )
    # the checks since, and the server's entry of carla
    assert resumed.entries - resumed.earlier == SINCE + 1


OF_ANDERS = "chain = 'anders-1' AND sequence"
ALTERATIONS = {
    "an entry since the anchor changed": f"UPDATE audit SET actor = 'x' WHERE {OF_ANDERS} = 11",
    "an entry since the anchor removed": f"DELETE FROM audit WHERE {OF_ANDERS} = 11",
    "the last entry removed": f"DELETE FROM audit WHERE {OF_ANDERS} = 13",
    "all entries since the anchor removed": f"DELETE FROM audit WHERE {OF_ANDERS} > 9",
    "the entry before them changed": f"UPDATE audit SET mac = :mac WHERE {OF_ANDERS} = 9",
    "an earlier entry removed": "DELETE FROM audit WHERE chain = 'bente-1' AND sequence = 3",
    "the last entry of an unused token changed": (
        "UPDATE audit SET mac = :mac WHERE chain = 'bente-1' AND sequence = 9"
    ),
    "a whole chain removed": "DELETE FROM audit WHERE chain = 'bente-1'",
    "a row changed": "UPDATE tokens SET failures = 3 WHERE serial = 'bente-1'",
    "a row removed": "DELETE FROM users WHERE user_id = 'carla'",
    "a user told of since changed": "UPDATE users SET email = 'x@y.z' WHERE user_id = 'carla'",
}


@pytest.mark.parametrize("how", ALTERATIONS)
def test_a_resumed_verification_finds_what_it_claims(
    anchored: tuple[Validator, AuditAnchor], database: str, how: str
):
    opened = engine(database)
    with opened.begin() as connection:
        change = text(ALTERATIONS[how])
        given = {"mac": b"\0"} if ":mac" in change.text else {}
        assert connection.execute(change, given).rowcount >= 1
    opened.dispose()
    assert _resumed(anchored) != []


def test_a_token_put_back_to_before_the_anchor_is_found(
    anchored: tuple[Validator, AuditAnchor], database: str, clock: VirtualClock
):
    """With its row and all its later entries: what stands is of one earlier time."""
    validator, _ = anchored
    opened = create_engine(database)
    with opened.begin() as connection:
        row = connection.execute(text("SELECT * FROM tokens WHERE serial = 'bente-1'")).one()
    clock.now += 600
    assert validator.check_many([CheckRequest("000000", user_id="bente")])
    with opened.begin() as connection:
        last = row.audit_sequence
        gone = "DELETE FROM audit WHERE chain = 'bente-1' AND sequence > :last"
        assert connection.execute(text(gone), {"last": last}).rowcount == 1
        columns = ", ".join(f"{name} = :{name}" for name in row._fields if name != "id")
        back = text(f"UPDATE tokens SET {columns} WHERE id = :id")
        assert connection.execute(back, row._asdict()).rowcount == 1
    opened.dispose()
    assert _resumed(anchored) == [(None, None)], "the root does not fit"


def test_a_database_put_back_to_before_the_anchor_is_found(
    validator: Validator, database: str, clock: VirtualClock
):
    """All of it, as it was: only the anchor tells."""
    activated(validator, clock, "anders")
    opened = engine(database)
    before = copied(opened)
    anchor = validator.anchor_audit(actor="test")
    assert validator.verify_audit(anchor=anchor, resume=True).broken == ()
    put_back(opened, before)
    opened.dispose()
    assert validator.verify_audit().broken == ()
    (fault,) = validator.verify_audit(anchor=anchor, resume=True).broken
    assert fault.sequence == anchor.sequence


def test_an_earlier_entry_that_only_says_other_things_is_for_the_whole_verification(
    anchored: tuple[Validator, AuditAnchor], database: str
):
    """The limit that the documentation names."""
    validator, _ = anchored
    opened = create_engine(database)
    with opened.begin() as connection:
        changed = "UPDATE audit SET actor = 'x' WHERE chain = 'bente-1' AND sequence = 3"
        assert connection.execute(text(changed)).rowcount == 1
    opened.dispose()
    assert _resumed(anchored) == []
    assert [fault.sequence for fault in validator.verify_audit().broken] == [3]


def test_memory_does_not_grow_with_the_database_and_progress_is_told(validator: Validator):
    peaks, told = [], []
    for first, end in ((0, 2000), (2000, 6000)):
        bulk.fill(validator, first, end)
        tracemalloc.start()
        assert validator.verify_audit(lambda *now: told.append(now)).broken == ()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    whole = [done for done, total in told if total == told[-1][1]]
    assert whole == sorted(whole)
    assert told[-1][0] == told[-1][1]
    assert len(whole) > 5

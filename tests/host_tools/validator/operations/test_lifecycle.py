"""A token's lifecycle on the server: import, assignment, activation, block, replacement,
deletion."""

import pytest

from host_tools.errors import KodebrikError
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.errors import ConflictError, InvalidError, NotFoundError
from host_tools.validator.records import NewToken, NoticeKind, Status
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.tokens import EnrolledToken, activated

DAY = 86400


def _check(validator: Validator, holder: EnrolledToken, code: str | None = None, **more) -> Reason:
    request = CheckRequest(holder.code() if code is None else code, user_id=holder.user_id, **more)
    return validator.check_many([request])[0].reason


def _assigned(
    validator: Validator, clock: VirtualClock, name: str, serial: str | None = None
) -> EnrolledToken:
    holder = EnrolledToken(serial or f"{name}-1", name, clock)
    validator.import_tokens([holder.new()], actor="test")
    validator.assign(holder.serial, name, actor="test")
    return holder


def test_letter_and_code_activate_a_token_and_the_user_is_told(
    validator: Validator, clock: VirtualClock
):
    anders = _assigned(validator, clock, "anders")
    letter = validator.issue_activation_code(anders.serial, actor="test")
    assert _check(validator, anders) is Reason.NOT_ACTIVE
    verdict = validator.activate(
        anders.serial, [anders.code()], letter.code, user_id="Anders", actor="anders"
    )
    assert verdict.accepted
    assert _check(validator, anders) is Reason.REPLAY  # the code that activated it is used
    clock.now += 30
    assert _check(validator, anders) is Reason.ACCEPTED
    assert [notice.kind for notice in validator.due_notices()] == [NoticeKind.ACTIVATED]


def test_three_wrong_letter_codes_make_the_letter_void(validator: Validator, clock: VirtualClock):
    anders = _assigned(validator, clock, "anders")
    letter = validator.issue_activation_code(anders.serial, actor="test")
    wrong = "00000000" if letter.code != "00000000" else "11111111"
    for left in (2, 1, 0):
        assert not validator.activate(
            anders.serial, [anders.code()], wrong, actor="anders"
        ).accepted
        assert validator.token(anders.serial).activation_tries == left
    assert not validator.activate(
        anders.serial, [anders.code()], letter.code, actor="anders"
    ).accepted
    new = validator.issue_activation_code(anders.serial, actor="test")
    assert validator.activate(anders.serial, [anders.code()], new.code, actor="anders").accepted


def test_a_letter_expires(validator: Validator, clock: VirtualClock):
    anders = _assigned(validator, clock, "anders")
    letter = validator.issue_activation_code(anders.serial, days=30, actor="test")
    clock.now += 30 * DAY + 1
    assert not validator.activate(
        anders.serial, [anders.code()], letter.code, actor="anders"
    ).accepted


def test_a_letter_is_of_no_use_to_another_user(validator: Validator, clock: VirtualClock):
    anders = _assigned(validator, clock, "anders")
    validator.create_user("bente", actor="test")
    letter = validator.issue_activation_code(anders.serial, actor="test")
    verdict = validator.activate(
        anders.serial, [anders.code()], letter.code, user_id="bente", actor="bente"
    )
    assert verdict.reason is Reason.NOT_ACTIVE


def test_two_consecutive_codes_activate_a_token_whose_clock_is_off(
    validator: Validator, clock: VirtualClock
):
    anders = _assigned(validator, clock, "anders")
    letter = validator.issue_activation_code(anders.serial, actor="test")
    assert (
        validator.activate(anders.serial, [anders.code(20)], letter.code, actor="a").reason
        is Reason.EARLY
    )
    verdict = validator.activate(
        anders.serial, [anders.code(20), anders.code(21)], letter.code, actor="a"
    )
    assert verdict.accepted
    clock.now += 30
    assert _check(validator, anders, anders.code(21)) is Reason.ACCEPTED
    assert validator.token(anders.serial).offset == pytest.approx(630, abs=30)


def test_a_user_has_one_active_token(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    second = _assigned(validator, clock, "anders", "anders-2")
    assert _check(validator, anders) is Reason.ACCEPTED  # until the new one is activated
    validator.activate_by_administrator(second.serial, actor="test")
    assert validator.token(anders.serial).status is Status.REPLACED
    clock.now += 30
    assert _check(validator, second, anders.code()) is Reason.OTHER_TOKEN
    assert _check(validator, second) is Reason.ACCEPTED


def test_block_works_at_once_and_unblock_takes_it_back(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    validator.block(anders.serial, reason="lost", actor="help desk")
    assert _check(validator, anders) is Reason.BLOCKED
    validator.unblock(anders.serial, actor="help desk")
    assert _check(validator, anders) is Reason.ACCEPTED
    kinds = [notice.kind for notice in validator.due_notices()]
    assert kinds == [NoticeKind.ACTIVATED, NoticeKind.BLOCKED]


def test_unblocking_makes_no_second_active_token(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    validator.block(anders.serial, actor="test")
    second = _assigned(validator, clock, "anders", "anders-2")
    validator.activate_by_administrator(second.serial, actor="test")
    with pytest.raises(ConflictError):
        validator.unblock(anders.serial, actor="test")


def test_a_blocked_token_that_was_never_activated_still_needs_its_activation(
    validator: Validator, clock: VirtualClock
):
    anders = _assigned(validator, clock, "anders")
    validator.block(anders.serial, actor="test")
    assert validator.unblock(anders.serial, actor="test").status is Status.ASSIGNED


def test_replacing_blocks_the_old_token_and_assigns_the_new_one(
    validator: Validator, clock: VirtualClock
):
    anders = activated(validator, clock, "anders")[0]
    new = EnrolledToken("anders-2", "anders", clock)
    validator.import_tokens([new.new()], actor="test")
    token = validator.replace(anders.serial, new.serial, actor="test")
    assert (token.serial, token.user_id, token.status) == (new.serial, "anders", Status.ASSIGNED)
    assert validator.token(anders.serial).status is Status.BLOCKED


def test_resynchronisation_by_two_codes_finds_a_lost_clock(
    validator: Validator, clock: VirtualClock
):
    anders = activated(validator, clock, "anders")[0]
    assert _check(validator, anders, anders.code(-100)) is Reason.WRONG
    verdict = validator.resynchronise(
        anders.serial, [anders.code(-100), anders.code(-99)], actor="help desk"
    )
    assert verdict.accepted
    clock.now += 30
    assert _check(validator, anders, anders.code(-99)) is Reason.ACCEPTED


def test_a_pin_is_asked_for_with_the_code(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    assert validator.set_pin("anders", Secret(b"4711"), actor="test").has_pin
    assert _check(validator, anders) is Reason.WRONG_PIN
    assert _check(validator, anders, pin="4712") is Reason.WRONG_PIN
    assert _check(validator, anders, pin="4711") is Reason.ACCEPTED


def test_failures_of_user_ids_and_of_tokens_look_alike(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    validator.create_user("bente", actor="test")
    validator.block(activated(validator, clock, "carla")[0].serial, actor="test")
    requests = [
        CheckRequest("000000", user_id=name)
        for name in ("anders", "bente", "carla", "nobody", "\0x", "\udcff")
    ]
    verdicts = validator.check_many(requests)
    # the administrator sees the difference
    assert len({verdict.reason for verdict in verdicts}) > 2
    assert len({verdict.public() for verdict in verdicts}) == 1
    assert validator.token(anders.serial).failures == 1


def test_the_text_of_an_unknown_user_id_is_not_stored(validator: Validator):
    validator.check_many([CheckRequest("123456", user_id="my secret password")])
    entry = validator.audit().items[0]
    assert entry.detail["reason"] == "unknown_user"
    assert "password" not in str(entry)


def test_notices_of_use_go_out_if_chosen(validator: Validator, clock: VirtualClock):
    anders = activated(validator, clock, "anders")[0]
    for notice in validator.due_notices():
        validator.notice_sent(notice)
    _check(validator, anders)
    assert validator.due_notices() == []
    validator.set_user(
        "anders", email="a@example.dk", language="en", notify_on_use=True, actor="test"
    )
    clock.now += 30
    _check(validator, anders)
    used = validator.due_notices()
    assert [(notice.kind, notice.email, notice.language) for notice in used] == [
        (NoticeKind.USED, "a@example.dk", "en")
    ]


def test_a_notice_that_fails_is_tried_again_later_and_later_and_then_given_up(
    validator: Validator, clock: VirtualClock
):
    activated(validator, clock, "anders")
    for attempt in range(12):
        (due,) = validator.due_notices()
        assert validator.due_notices() == []  # claimed: no other worker sends it too
        validator.notice_failed(due)
        if attempt < 11:
            clock.now += 60 * 2**attempt - 1
            assert validator.due_notices() == []
            clock.now += 1
    assert validator.statistics().notices_waiting == 0
    assert validator.audit().items[0].action == "given_up"


def test_an_import_is_all_or_nothing_and_names_the_first_fault(
    validator: Validator, clock: VirtualClock
):
    known = EnrolledToken("known", "", clock)
    validator.import_tokens([known.new()], actor="test")
    new = [EnrolledToken(f"new-{n}", "", clock).new() for n in range(600)]
    for batch, error, named in (
        ([*new, known.new()], ConflictError, "known"),
        ([*new, new[5]], InvalidError, "new-5"),
        ([*new, EnrolledToken("two words", "", clock).new()], InvalidError, "two words"),
    ):
        with pytest.raises(error, match=named):
            validator.import_tokens(batch, actor="test")
        assert validator.tokens().total == 1
    told: list[tuple[int, int]] = []
    assert validator.import_tokens(new, actor="test", progress=lambda *at: told.append(at)) == 600
    assert told[-1] == (600, 600)
    assert validator.verify_audit().broken == ()


def test_many_tokens_are_assigned_in_one_transaction(validator: Validator, clock: VirtualClock):
    """Former tokens are replaced, new users created, all users notified, and the audit is whole."""
    former = activated(validator, clock, "user-3")[0]
    holders = [EnrolledToken(f"new-{n}", f"user-{n}", clock) for n in range(600)]
    users = {holder.serial: holder.user_id for holder in holders}
    validator.import_tokens([holder.new() for holder in holders], actor="test")
    told: list[tuple[int, int]] = []
    done = validator.assign_tokens(
        users, activate=True, actor="test", progress=lambda *at: told.append(at)
    )
    assert (done.count, told[-1]) == (600, (600, 600))
    assert done.replaced == {former.serial: "new-3"}
    assert validator.statistics().tokens["active"] == 600
    assert validator.token(former.serial).status is Status.REPLACED
    requests = [CheckRequest(holder.code(), user_id=holder.user_id) for holder in holders[::60]]
    assert all(verdict.accepted for verdict in validator.check_many(requests))
    assert len(validator.due_notices(1000)) == 601
    assert validator.verify_audit().broken == ()


def test_tokens_can_be_assigned_as_they_are_imported(validator: Validator, clock: VirtualClock):
    holders = [EnrolledToken(f"new-{n}", f"user-{n}", clock) for n in range(3)]
    new = [holder.new() for holder in holders]
    with pytest.raises(NotFoundError, match="none"):
        validator.import_tokens(new, users={"new-0": "user-0", "none": "user-1"}, actor="test")
    assert validator.tokens().total == 0
    validator.import_tokens(
        new, users={"new-0": "user-0", "new-2": "user-2"}, activate=True, actor="test"
    )
    assert [validator.token(f"new-{n}").status for n in range(3)] == [
        Status.ACTIVE,
        Status.STOCK,
        Status.ACTIVE,
    ]


@pytest.mark.parametrize(
    ("users", "named"),
    [
        ({"new-0": "user-0", "none": "user-1"}, "none"),
        ({"new-0": "user-0", "anders-1": "user-1"}, "anders-1"),
        ({"new-0": "user-0", "new-1": "0101701234"}, "CPR"),
        ({"new-0": "user-0", "new-1": "USER-0"}, "USER-0"),
    ],
)
def test_one_that_cannot_be_assigned_keeps_all_unassigned(
    validator: Validator, clock: VirtualClock, users, named
):
    activated(validator, clock, "anders")
    validator.import_tokens(
        [EnrolledToken(f"new-{n}", "", clock).new() for n in range(2)], actor="test"
    )
    with pytest.raises(KodebrikError, match=named):
        validator.assign_tokens(users, activate=True, actor="test")
    assert validator.token("new-0").status is Status.STOCK
    assert validator.users().total == 1


def test_what_a_clock_can_be_off_by_outlives_its_setting_and_its_resynchronisation(
    validator: Validator, clock: VirtualClock
):
    (anders,) = activated(validator, clock, "anders", clock_ppm=5.0)
    assert validator.clock_was_set(anders.serial, actor="test").clock_ppm == 5
    codes = anders.code(40), anders.code(41)
    clock.now += 30
    assert validator.resynchronise(anders.serial, codes, actor="test").accepted
    assert validator.token(anders.serial).clock_ppm == 5
    for ppm in (-1, 201, float("nan")):
        with pytest.raises(InvalidError):
            validator.set_clock_ppm(anders.serial, ppm, actor="test")
    assert validator.set_clock_ppm(anders.serial, 50, actor="test").clock_ppm == 50


@pytest.mark.parametrize(("ppm", "reason"), [(5.0, Reason.LATE), (50.0, Reason.ACCEPTED)])
def test_a_token_that_lay_unused_is_looked_for_as_far_as_its_own_clock_can_be(
    validator: Validator, clock: VirtualClock, ppm, reason
):
    """RFC 6238 section 6. A month: 13 s at 5 ppm, 130 s at 50; and no code is accepted twice."""
    (anders,) = activated(validator, clock, "anders", clock_ppm=ppm)
    clock.now += 30 * DAY + 15
    code = anders.code(-4)
    assert _check(validator, anders, code) is reason
    if reason is Reason.ACCEPTED:
        assert _check(validator, anders, code) is Reason.REPLAY
        assert _check(validator, anders, anders.code(-5)) is Reason.REPLAY


def test_a_deleted_token_may_come_back_and_its_audit_goes_on(
    validator: Validator, clock: VirtualClock
):
    anders = activated(validator, clock, "anders")[0]
    validator.delete(anders.serial, actor="test")
    with pytest.raises(NotFoundError):
        validator.token(anders.serial)
    assert _check(validator, anders) is Reason.NOT_ACTIVE
    validator.import_tokens([anders.new()], actor="test")
    actions = [entry.action for entry in validator.audit(serial=anders.serial).items]
    assert actions == ["import", "delete", "activate", "assign", "import"]
    assert validator.verify_audit().broken == ()


def test_deleting_a_user_puts_their_tokens_back_into_stock(
    validator: Validator, clock: VirtualClock
):
    anders = activated(validator, clock, "anders")[0]
    validator.delete_user("anders", actor="test")
    assert validator.token(anders.serial).status is Status.STOCK
    assert validator.users().total == 0


def test_a_challenge_is_answered_once_and_in_time(validator: Validator, clock: VirtualClock):
    # RFC 6287 appendix C.1: OCRA-1:HOTP-SHA1-6:QN08 with the standard key gives 237653 for 00000000
    credential = Credential("ocra", Secret(b"12345678901234567890"))
    validator.import_tokens(
        [NewToken("ocra-1", credential, suite="OCRA-1:HOTP-SHA1-6:QN08")], actor="test"
    )
    validator.assign("ocra-1", "anders", actor="test")
    validator.activate_by_administrator("ocra-1", actor="test")
    answer = CheckRequest("237653", user_id="anders", challenge="00000000")
    assert validator.check_many([answer])[0].reason is Reason.NO_CHALLENGE
    validator.issue_challenge(user_id="anders", text="00000000", actor="test")
    accepted, again = validator.check_many([answer, answer])
    assert (accepted.reason, again.reason) == (Reason.ACCEPTED, Reason.NO_CHALLENGE)
    with pytest.raises(ConflictError, match="before"):
        validator.issue_challenge(user_id="anders", text="00000000", actor="test")
    late = validator.issue_challenge(user_id="anders", text="11111111", actor="test")
    clock.now = late.expires_at
    expired = CheckRequest("243178", user_id="anders", challenge="11111111")  # of the same appendix
    assert validator.check_many([expired])[0].reason is Reason.NO_CHALLENGE


def test_a_suite_that_no_check_could_compute_is_refused_at_import(validator: Validator):
    credential = Credential("ocra", Secret(bytes(20)))
    for suite in ("OCRA-1:HOTP-SHA1-6:QN08-S064", "OCRA-1:HOTP-MD5-6:QN08", "nonsense"):
        with pytest.raises(InvalidError, match="ocra-1"):
            validator.import_tokens([NewToken("ocra-1", credential, suite=suite)], actor="test")


def test_a_pin_suites_response_needs_the_pin(validator: Validator, clock: VirtualClock):
    # RFC 6287 appendix C.1: OCRA-1:HOTP-SHA256-8:QN08-PSHA1, 32-byte key, PIN 1234, question
    # 00000000
    credential = Credential("ocra", Secret(b"12345678901234567890123456789012"))
    validator.import_tokens(
        [NewToken("ocra-1", credential, suite="OCRA-1:HOTP-SHA256-8:QN08-PSHA1")], actor="test"
    )
    validator.assign("ocra-1", "anders", actor="test")
    validator.activate_by_administrator("ocra-1", actor="test")
    validator.set_pin("anders", Secret(b"1234"), actor="test")
    validator.issue_challenge(user_id="anders", text="00000000", actor="test")
    answers = [
        CheckRequest("83238735", user_id="anders", challenge="00000000", pin=pin)
        for pin in (None, "1111", "1234")
    ]
    assert [verdict.reason for verdict in validator.check_many(answers)] == [
        Reason.WRONG_PIN,
        Reason.WRONG_PIN,
        Reason.ACCEPTED,
    ]


def test_a_users_ids_rules_hold_wherever_a_user_is_made(validator: Validator, clock: VirtualClock):
    validator.import_tokens([EnrolledToken("t-1", "", clock).new()], actor="test")
    for make in (
        lambda: validator.create_user("010170-1234", actor="t"),
        lambda: validator.assign("t-1", "abcd", actor="t"),
    ):
        with pytest.raises(KodebrikError):
            make()
    validator.create_user("Anders And", actor="test")
    with pytest.raises(ConflictError):
        validator.create_user("ANDERS AND", actor="test")


def test_lists_find_tokens_by_part_of_serial_or_user(validator: Validator, clock: VirtualClock):
    activated(validator, clock, "anders", "bente", "ole_x")
    assert [token.serial for token in validator.tokens(text="NDER").items] == ["anders-1"]
    assert [token.serial for token in validator.tokens(text="e_x").items] == ["ole_x-1"]
    assert validator.tokens(text="nd_r").items == ()  # no wildcard
    assert validator.tokens(status=Status.STOCK).total == 0
    assert validator.tokens(user_id="Bente").items[0].serial == "bente-1"
    assert validator.user("OLE_X").serial == "ole_x-1"


def test_the_history_of_a_clock_has_a_point_for_each_accepted_code(
    validator: Validator, clock: VirtualClock
):
    anders = activated(validator, clock, "anders")[0]
    for steps in (0, 1, 0):
        clock.now += DAY
        _check(validator, anders, anders.code(steps))
    assert [(point.at, point.observed) for point in validator.drift(anders.serial)] == [
        (clock.now - 2 * DAY, 15.0),
        (clock.now - DAY, 45.0),
        (clock.now, 15.0),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.dk,bo@example.dk",
        "anna,bo@example.dk",
        "anna;bo@example.dk",
        "Anna <anna@example.dk>",
        "staff:anna@example.dk",
        "anna(home)@example.dk",
        '"anna"@example.dk',
        "anna@example.dk\nBcc: bo@example.dk",
    ],
)
def test_an_address_is_one_address(validator: Validator, address: str):
    """In a mail's header a comma would make two of it (RFC 5322, section 3.4)."""
    with pytest.raises(InvalidError, match="address"):
        validator.create_user("anna.holm", email=address, actor="test")
    assert validator.users().total == 0

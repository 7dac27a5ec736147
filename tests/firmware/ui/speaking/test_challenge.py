"""Answering challenges with a kodeoplæser, over parts that only remember. The answers are those of
the package oath."""

import pytest

from tests.firmware.ui.speaking.steps import INTERACTION, again, enter, play, said
from tests.support.ocra import peer
from tests.support.runtime import Runtime

SECRET = b"12345678901234567890"
NUMBER = "12345678"
START = 1_789_999_980  # of the bench's clock
CONFIRM = ["hash", "right", "star", "try_again"]
APPROVED = ["right", "star", "try_again"]


def held(
    suite: str = "OCRA-1:HOTP-SHA1-6:QN08", entry: str = "number", **more: object
) -> dict[str, object]:
    """An account that answers challenges."""
    return {"name": "a", "secret": SECRET, "kind": "ocra", "suite": suite, "entry": entry, **more}


def begin(runtime: Runtime, *accounts: dict[str, object], **options: object) -> list[str]:
    """Press red on a token with those accounts; what it says."""
    return said(play(runtime, "red", "until quiet", held=list(accounts), **options))


def test_a_typed_challenge_is_read_back_confirmed_and_answered(runtime: Runtime):
    assert begin(runtime, held()) == ["type", "number", "hash", "end"]
    typed = [again(runtime, key, "until quiet") for key in NUMBER]
    assert typed == [[key] for key in NUMBER], "each key is said"
    assert runtime.call(INTERACTION, "again", "wait 10")[1] == "Tast nu tallene 1234 5678"
    assert again(runtime, "#", "until quiet") == ["is_right", "number", *NUMBER, *CONFIRM]
    assert again(runtime, "#", "until quiet") == [
        *APPROVED,
        "code",
        *peer(SECRET, held()["suite"], NUMBER),
    ]
    assert again(runtime, "red+0", "until quiet") == [
        "code",
        *peer(SECRET, held()["suite"], NUMBER),
    ]


def test_the_number_that_is_read_back_stands_on_the_display_in_groups_of_four(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    shown = runtime.call(INTERACTION, "again", "wait 10")[1]
    assert shown == "Korrekt? Tallene 1234 5678 Firkant. Det stemmer. Stjerne. Prøv igen."


@pytest.mark.clause("challenge: corrected")
def test_the_star_deletes_the_last_digit_and_says_which_and_how_many_stand(runtime: Runtime):
    begin(runtime, held())
    again(runtime, *"9825")
    assert again(runtime, "*", "until quiet") == ["5", "cleared", "3", "digit", "saved"]
    shown = runtime.call(INTERACTION, "again", "wait 10")[1]
    assert shown == "Tast nu tallene 982 5 er slettet. 3 ciffer gemt."
    assert again(runtime, "*", "*", "until quiet")[-5:] == ["8", "cleared", "1", "digit", "saved"]
    assert again(runtime, "*", "until quiet") == ["9", "cleared"]
    assert again(runtime, "*", "until quiet") == ["type", "number", "hash", "end"], "asked again"


@pytest.mark.clause("challenge: corrected")
def test_the_star_leads_back_from_what_is_read_back_to_what_was_typed(runtime: Runtime):
    begin(runtime, held())
    assert enter(runtime, "12345687")[2:10] == list("12345687")
    standing = ["type", "number", *"12345687", "hash", "end"]
    assert again(runtime, "*", "until quiet") == standing
    again(runtime, "*", "*", "7", "until quiet")
    assert enter(runtime, "8")[2:10] == list(NUMBER)
    assert again(runtime, "#", "until quiet") == [
        *APPROVED,
        "code",
        *peer(SECRET, held()["suite"], NUMBER),
    ]


@pytest.mark.clause("challenge: corrected")
def test_the_star_leads_back_from_an_empty_account_number_to_the_amount(runtime: Runtime):
    account = held(suite="OCRA-1:HOTP-SHA256-8:QA24-PSHA256", entry="payment")
    begin(runtime, account)
    enter(runtime, "1234")
    assert enter(runtime, "260") == ["type", "payee", "star", "amount", "hash", "end"]
    assert again(runtime, "9", "*", "until quiet") == ["9", "9", "cleared"]
    assert again(runtime, "*", "until quiet") == ["type", "amount", *"260", "hash", "end"]
    assert again(runtime, "*", "*", "*", "until quiet")[-2:] == ["2", "cleared"]
    stands = ["type", "pin", "4", "digit", "saved", "hash", "end"]
    assert again(runtime, "*", "until quiet") == stands
    assert again(runtime, "#", "until quiet")[:4] == ["type", "amount", "star", "pin"]
    enter(runtime, "250")
    enter(runtime, "4071886")
    code = peer(SECRET, account["suite"], "32504071886", pin="1234")
    assert again(runtime, "#", "until quiet") == [*APPROVED, "code", *code]


@pytest.mark.clause("challenge: zero", "5.1.3.15")
@pytest.mark.parametrize("amount", ["0", "00", "000"])
def test_an_amount_of_zero_is_refused_with_what_to_do(runtime: Runtime, amount: str):
    account = held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry="payment")
    begin(runtime, account)
    refused = ["type", "amount", "not_valid", *amount, "star", "clear", "hash", "end"]
    assert enter(runtime, amount) == refused
    assert again(runtime, "#", "until quiet") == refused, "also struck again"
    again(runtime, *"*" * len(amount))
    enter(runtime, "250")
    assert enter(runtime, "4071886")[:5] == ["is_right", "amount", *"250"]


def test_what_is_typed_and_read_back_can_be_repeated(runtime: Runtime):
    begin(runtime, held())
    again(runtime, *"1234")
    assert again(runtime, "red+0", "until quiet") == [
        "type",
        "number",
        "1",
        "2",
        "3",
        "4",
        "hash",
        "end",
    ]
    enter(runtime, "5678")
    for key in ("0", "red+0"):
        assert again(runtime, key, "until quiet") == ["is_right", "number", *NUMBER, *CONFIRM]


def test_nothing_is_answered_before_it_was_read_back_and_confirmed(runtime: Runtime):
    begin(runtime, held(suite="OCRA-1:HOTP-SHA1-6:C-QN08", counter=0))
    heard = enter(runtime, NUMBER)
    # twice: a function is asked for, not an answer
    heard += again(runtime, "red", "red", "until quiet", "wait 2000")
    assert "code" not in heard[:12]


def test_what_is_read_back_again_is_heard_again_before_the_hash_approves_it(runtime: Runtime):
    begin(runtime, held(suite="OCRA-1:HOTP-SHA1-6:C-QN08", counter=0))
    enter(runtime, NUMBER)
    again(runtime, "red", "3", "until quiet")
    twice = again(runtime, "#", "wait 1000", "#", "until quiet")
    assert "is_right" in twice
    assert "code" not in twice
    assert "code" in again(runtime, "#", "until quiet")


@pytest.mark.parametrize("number", ["123", "", "123456789"])
def test_too_short_is_asked_again_and_too_long_is_refused(runtime: Runtime, number: str):
    begin(runtime, held())
    heard = enter(runtime, number)
    if len(number) < 4:
        more = ["too_short", *number] if number else []
        assert heard == ["type", "number", *more, "hash", "end"]
    else:
        assert heard[2:10] == list(NUMBER)
        begin(runtime, held())
        assert again(runtime, *number, "until quiet")[-2:] == ["end", "hash"]


def test_a_payment_is_typed_as_amount_and_account_and_both_are_read_back(runtime: Runtime):
    account = held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry="payment")
    assert begin(runtime, account) == ["type", "amount", "hash", "end"]
    assert enter(runtime, "250") == ["type", "payee", "star", "amount", "hash", "end"]
    heard = enter(runtime, "00123456789")
    assert heard == ["is_right", "amount", *"250", "payee", *"00123456789", *CONFIRM]
    code = peer(SECRET, account["suite"], "3" + "250" + "00123456789")
    assert again(runtime, "#", "until quiet") == [*APPROVED, "code", *code]


def test_payments_that_sound_different_give_different_codes(runtime: Runtime):
    """2500 to 1234 and 250 to 01234 are the same digits in a row; 24197520 is 16 times 1512345."""
    account = held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry="payment")
    codes = []
    payments = [
        ("2500", "1234"),
        ("250", "01234"),
        ("25", "001234"),
        ("2", "5001234"),
        ("0002", "5001234"),
    ]
    for amount, payee in [*payments, ("5", "12345"), ("41", "97520")]:
        begin(runtime, account)
        enter(runtime, amount)
        enter(runtime, payee)
        codes.append(tuple(again(runtime, "#", "until quiet")))
    assert len(set(codes)) == len(codes)


def test_a_counter_moves_with_each_answer(runtime: Runtime):
    account = held(suite="OCRA-1:HOTP-SHA256-6:C-QN08", counter=1)
    for counter in (1, 2):  # the bench counts from one
        heard = begin(runtime, account) if counter == 1 else again(runtime, "red", "until quiet")
        before = [] if counter == 1 else ["red", "0", "repeat"]
        assert heard == ["type", "number", *before, "hash", "end"]
        enter(runtime, NUMBER)
        code = peer(SECRET, account["suite"], NUMBER, counter=counter)
        assert again(runtime, "#", "until quiet") == [*APPROVED, "code", *code]


def answer(runtime: Runtime, suite: str = "OCRA-1:HOTP-SHA1-6:C-QN08") -> list[str]:
    """Answer a challenge; return the response, as it is said."""
    begin(runtime, held(suite=suite, counter=0), left=29)
    enter(runtime, NUMBER)
    return again(runtime, "#", "until quiet")[-6:]


def test_a_response_can_be_repeated_until_something_else_is_typed(runtime: Runtime):
    response = answer(runtime)
    asked = ["type", "number", "red", "0", "repeat", "hash", "end"]
    assert again(runtime, "red", "until quiet") == asked
    assert again(runtime, "red+0", "until quiet")[-6:] == response
    assert again(runtime, "red", "until quiet") == asked
    typed = again(runtime, "1", "red+0", "until quiet")
    assert typed[-5:] == [*asked[:2], "1", "hash", "end"], "red and 0 give it no more"
    again(runtime, "*", "red+5", "until quiet")
    assert again(runtime, "red", "until quiet")[-6:] == response, "red leads back to it"
    assert runtime.call(INTERACTION, "counter") == 1


@pytest.mark.parametrize("function", ["red+3", "red+*"])
@pytest.mark.parametrize("suite", ["OCRA-1:HOTP-SHA1-6:C-QN08", "OCRA-1:HOTP-SHA1-6:C-QN08-T1M"])
def test_red_leads_back_to_a_response(runtime: Runtime, suite: str, function: str):
    response = answer(runtime, suite)
    again(runtime, function, "wait 3000")
    assert again(runtime, "red", "until quiet")[-6:] == response
    assert again(runtime, "red", "until quiet")[:2] == ["type", "number"]


def test_a_response_that_has_expired_is_not_gone_back_to(runtime: Runtime):
    answer(runtime, "OCRA-1:HOTP-SHA1-6:C-QN08-T1M")
    again(runtime, "red+8", "wait 58000", "red+8", "until quiet")
    assert again(runtime, "red", "until quiet") == ["type", "number", "hash", "end"]


def test_practice_loses_no_amount(runtime: Runtime):
    begin(runtime, held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry="payment"))
    enter(runtime, "250")
    assert again(runtime, "red+*", "until quiet") == ["no_function"]
    assert enter(runtime, "12345")[:5] == ["is_right", "amount", *"250"]


def test_a_counter_that_cannot_be_kept_gives_no_code(runtime: Runtime):
    begin(runtime, held(suite="OCRA-1:HOTP-SHA256-6:C-QN08", counter=1), storage_fails=True)
    enter(runtime, NUMBER)
    assert again(runtime, "#", "until quiet") == [*APPROVED, "storage_failed", "try_again"]


def test_a_suite_with_a_pin_asks_for_it_first_and_unheard(runtime: Runtime):
    account = held(suite="OCRA-1:HOTP-SHA256-8:QN08-PSHA256")
    assert begin(runtime, account) == ["type", "pin", "hash", "end"]
    assert again(runtime, "1", "until quiet") == ["digit"]
    assert enter(runtime, "234") == ["type", "number", "star", "pin", "hash", "end"]
    enter(runtime, NUMBER)
    code = peer(SECRET, account["suite"], NUMBER, pin="1234")
    assert again(runtime, "#", "until quiet") == [*APPROVED, "code", *code]


def test_a_suite_with_time_says_how_long_the_answer_lasts(runtime: Runtime):
    account = held(suite="OCRA-1:HOTP-SHA1-6:QN08-T1M")
    begin(runtime, account)
    enter(runtime, NUMBER)
    approved = again(runtime, "#", "wait 1600")
    now = START + runtime.call(INTERACTION, "now") // 1000
    heard = approved + again(runtime, "until quiet")
    assert heard[3] in ("ample_time", "hurry")
    assert heard[4:] == ["code", *peer(SECRET, account["suite"], NUMBER, unix_time=now)]


def test_the_star_says_a_response_again_where_nothing_was_typed(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    code = again(runtime, "#", "until quiet")[3:]
    assert again(runtime, "*", "until quiet") == code


@pytest.mark.parametrize("function", ["red+3", "red+5", "red+8", "red+2", "red+9", "5"])
def test_the_hash_after_something_else_was_said_reads_back_and_approves_nothing(
    runtime: Runtime, function: str
):
    begin(runtime, held())
    enter(runtime, NUMBER)
    again(runtime, function, "wait 2000")
    read_back = ["is_right", "number", *NUMBER, *CONFIRM]
    assert again(runtime, "#", "until quiet") == read_back
    assert again(runtime, "#", "until quiet")[:4] == [*APPROVED, "code"]


@pytest.mark.clause("challenge: answered")
@pytest.mark.parametrize("function", ["red+3", "red+5", "red+8", "red+#", "hold 0 2100"])
def test_the_hash_after_something_else_was_said_says_what_was_typed_and_ends_nothing(
    runtime: Runtime, function: str
):
    begin(runtime, held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry="payment"))
    again(runtime, *"250", "until quiet", function, "wait 21000")
    asked = ["type", "amount", *"250", "hash", "end"]
    for apart in (220, 700, 1500):
        heard = again(runtime, "#", f"wait {apart}", "#", "until quiet")
        assert heard[-len(asked) :] == asked, "also when the hash was struck twice"
        again(runtime, "red+3", "until quiet")
    assert again(runtime, "#", "until quiet") == asked
    assert again(runtime, "#", "until quiet") == ["type", "payee", "star", "amount", "hash", "end"]
    again(runtime, *"123", function, "wait 21000")
    assert enter(runtime, "4")[:2] == ["is_right", "amount"], "a digit is the last again"


@pytest.mark.clause("challenge: answered", "4.2.7")
@pytest.mark.parametrize("function", ["red+3", "red+5", "red+8", "red+#", "red+2", "hold 0 2100"])
@pytest.mark.parametrize("payment", [False, True])
def test_after_something_else_was_said_it_is_said_how_many_digits_stand(
    runtime: Runtime, payment: bool, function: str
):
    begin(
        runtime,
        held(**{"suite": "OCRA-1:HOTP-SHA256-8:QA24", "entry": "payment"} if payment else {}),
    )
    for typed in ("25", "1234")[: 1 + payment]:
        again(runtime, *typed, "until quiet")
        heard = again(runtime, function, "until quiet", "wait 21000", "until quiet")
        count = str(len(typed))
        assert heard[-3:] == [count, "digit", "saved"]
        more = str(len(typed) + 1)
        assert again(runtime, "3", "until quiet") == ["3", more, "digit", "saved"]
        assert again(runtime, "0", "until quiet") == ["0"], "counted once"
        again(runtime, "#", "until quiet")


@pytest.mark.clause("challenge: answered", "4.2.7")
def test_a_hash_struck_twice_reads_back_and_approves_nothing(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    again(runtime, "red+3", "wait 2000")
    read_back = ["is_right", "number", *NUMBER, *CONFIRM]
    heard = again(runtime, "#", "wait 220", "#", "wait 220", "#", "until quiet", "wait 2000")
    assert heard[-len(read_back) :] == read_back
    while "turns_off" not in heard:
        heard = again(runtime, "wait 100")
    heard = again(runtime, "#", "wait 220", "#", "until quiet", "wait 2000")
    assert heard[-len(read_back) :] == read_back
    heard = again(runtime, "#", "wait 220", "#", "until quiet")
    assert "code" in heard, "an approval struck twice is one"


@pytest.mark.clause("challenge: answered", "5.9")
@pytest.mark.parametrize("apart", [100, 900])
def test_after_a_function_that_was_given_up_the_hash_reads_back_and_approves_nothing(
    runtime: Runtime, apart: int
):
    begin(runtime, held())
    enter(runtime, NUMBER)
    read_back = ["is_right", "number", *NUMBER, *CONFIRM]
    heard = again(runtime, "red", f"wait {apart}", "red", "wait 10020", "#", "until quiet")
    assert heard[-len(read_back) :] == read_back
    assert again(runtime, "#", "until quiet")[:4] == [*APPROVED, "code"]


@pytest.mark.parametrize("key", ["#", "*", "5", "0", "red"])
def test_a_key_while_the_token_says_that_it_turns_off_only_keeps_it_on(runtime: Runtime, key: str):
    begin(runtime, held())
    read_back = ["is_right", "number", *NUMBER, *CONFIRM]
    assert enter(runtime, NUMBER)[-len(read_back) :] == read_back
    heard: list[str] = []
    while "turns_off" not in heard:
        heard = again(runtime, "wait 100")
    assert again(runtime, key, "until quiet") == read_back
    assert again(runtime, "#", "until quiet")[:4] == [*APPROVED, "code"]


@pytest.mark.parametrize("key", ["#", "*"])
@pytest.mark.parametrize("accounts", [1, 2])
def test_no_function_gives_up_what_was_typed_or_read_back(
    runtime: Runtime, key: str, accounts: int
):
    begin(runtime, *[held()] * accounts)
    again(runtime, *NUMBER[:3])
    heard = again(runtime, f"red+{key}", "until quiet")
    assert heard[-4:] == ["no_function", "3", "digit", "saved"]
    enter(runtime, NUMBER[3:])
    assert again(runtime, f"red+{key}", "until quiet") == ["no_function", "is_right"]
    assert again(runtime, "#", "until quiet") == ["is_right", "number", *NUMBER, *CONFIRM]


TIMED = "OCRA-1:HOTP-SHA1-6:C-QN08-T30S"


def approve_late(runtime: Runtime, left: int, **settings: object) -> int:
    """Answer a challenge of the timed suite, approved when its period has `left` seconds left;
    return the Unix time at which that period ends."""
    begin(runtime, held(suite=TIMED, counter=0), **settings)
    enter(runtime, NUMBER)
    now = runtime.call(INTERACTION, "now") / 1000
    ends = START + 30 * (int(now) // 30 + 1)
    if ends - left < START + now:
        ends += 30
    again(runtime, f"wait {round(1000 * (ends - left - START - now))}")
    assert again(runtime, "#", "wait 1600") == APPROVED
    return ends


def approved_again(runtime: Runtime) -> str:
    """Approve what is read back; return what the token says until the response was said."""
    return " ".join(again(runtime, "until quiet", "#", "wait 40000"))


def test_a_response_with_too_little_time_left_is_waited_for_and_moves_the_counter_once(
    runtime: Runtime,
):
    ends = approve_late(runtime, 12)
    assert again(runtime, "wait 3000") == ["new_code", "wait", "10", "seconds"]
    fresh = peer(SECRET, TIMED, NUMBER, counter=1, unix_time=ends)
    assert again(runtime, "wait 14000") == ["ample_time", "code", *fresh]
    assert runtime.call(INTERACTION, "counter") == 1


@pytest.mark.clause("code: fresh period")
@pytest.mark.parametrize("key", ["red", "0", "red+0"])
def test_what_reads_back_in_the_wait_for_a_response_takes_the_approval_back(
    runtime: Runtime, key: str
):
    approve_late(runtime, 12)
    again(runtime, "wait 3000")
    assert "is_right" in again(runtime, key, "wait 2500")
    assert "code" not in again(runtime, "wait 35000")
    assert runtime.call(INTERACTION, "counter") == 0
    assert "code" in approved_again(runtime)
    assert runtime.call(INTERACTION, "counter") == 1


@pytest.mark.parametrize("keys", [["5"], ["red+3"], ["red+2"]])
def test_what_else_is_pressed_in_the_wait_for_a_response_leaves_the_approval(
    runtime: Runtime, keys: list[str]
):
    ends = approve_late(runtime, 12)
    again(runtime, "wait 3000", *keys)
    fresh = peer(SECRET, TIMED, NUMBER, counter=1, unix_time=ends)
    assert again(runtime, "wait 16000")[-8:] == ["ample_time", "code", *fresh]


ELSE = [["5"], ["red+3"], ["red+5"], ["red+9"], ["red+#"], ["red+2"]]


@pytest.mark.clause("challenge: answered", "4.2.7")
@pytest.mark.parametrize("keys", ELSE, ids="".join)
def test_a_stray_key_or_a_function_leaves_an_approval_and_the_response_follows(
    runtime: Runtime, keys: list[str]
):
    begin(runtime, held())
    enter(runtime, NUMBER)
    assert again(runtime, "#", "wait 300") == ["right"]
    response = ["code", *peer(SECRET, held()["suite"], NUMBER)]
    assert again(runtime, *keys, "until quiet", "until quiet")[-7:] == response


@pytest.mark.clause("challenge: answered", "4.2.7")
@pytest.mark.parametrize("function", ["red+3", "red+5", "red+#", "red+*", "red+2"])
@pytest.mark.parametrize("pause", [200, 500, 900])
@pytest.mark.parametrize("late", [False, True])
def test_what_red_took_back_is_not_approved_by_the_function_that_follows(
    runtime: Runtime, function: str, pause: int, late: bool
):
    """Held for it or struck before it, the second red brings back what the first has changed."""
    for keys in ([function], ["red", "wait 300", function[-1]]):
        if late:
            approve_late(runtime, 12)
            again(runtime, "wait 3000")
        else:
            begin(runtime, held())
            enter(runtime, NUMBER)
            again(runtime, "#", "wait 800")
        heard = again(runtime, "red", f"wait {pause}", *keys, "until quiet", "wait 35000")
        assert heard[-1] == "is_right", "that it is asked again is heard and shown last"
        assert " Korrekt? Tallene 1234" in runtime.call(INTERACTION, "again", "wait 10")[1]
        assert "code" not in heard
        assert runtime.call(INTERACTION, "counter") == 0


@pytest.mark.clause("challenge: answered", "4.2.7")
@pytest.mark.parametrize("key", ["0", "red", "*", "#", "5", "red+0"])
def test_a_key_that_comes_too_late_to_take_an_approval_back_is_heard_to_be(
    runtime: Runtime, key: str
):
    suite = "OCRA-1:HOTP-SHA1-6:C-QN08"
    response = ["code", *peer(SECRET, suite, NUMBER, counter=1)]
    begin(runtime, held(suite=suite, counter=0))
    enter(runtime, NUMBER)
    heard = again(runtime, "#")
    while "code" not in heard:
        heard = again(runtime, "wait 20")
    assert again(runtime, key, "until quiet") == ["right", *response]
    assert again(runtime, "0", "until quiet") == ["0"], "heard, it is checked"
    assert again(runtime, "*", "red+0", "until quiet")[-7:] == response
    assert runtime.call(INTERACTION, "counter") == 1


@pytest.mark.clause("challenge: answered", "4.2.7")
@pytest.mark.parametrize("key", ["3", "5", "8", "9", "*", "#"])
@pytest.mark.parametrize("held_down", [False, True])
def test_a_function_that_cuts_a_response_off_says_that_it_is_approved(
    runtime: Runtime, held_down: bool, key: str
):
    suite = "OCRA-1:HOTP-SHA1-6:C-QN08"
    begin(runtime, held(suite=suite, counter=0))
    enter(runtime, NUMBER)
    again(runtime, "#")
    while not runtime.call(INTERACTION, "counter"):
        again(runtime, "wait 10")
    keys = [f"red+{key}"] if held_down else ["red", "wait 300", "red", "wait 300", key]
    heard = again(runtime, *keys, "until quiet")
    assert heard[-8:] == ["right", "code", *peer(SECRET, suite, NUMBER, counter=1)]
    assert runtime.call(INTERACTION, "counter") == 1
    assert again(runtime, "red+3", "until quiet") == ["volume", "8" if key == "3" else "7"]


def test_a_response_that_was_not_heard_is_read_at_own_pace(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    heard = again(runtime, "#")
    while "code" not in heard:
        heard = again(runtime, "wait 20")
    assert again(runtime, "red+2", "until quiet")[0] == "own_pace"
    assert again(runtime, "6", "until quiet") == [peer(SECRET, str(held()["suite"]), NUMBER)[0]]


@pytest.mark.parametrize("key", ["red", "0", "red+0", "*", "hold 0 2100"])
def test_an_approval_that_is_taken_back_is_heard_to_be(runtime: Runtime, key: str):
    begin(runtime, held())
    enter(runtime, NUMBER)
    again(runtime, "#", "wait 300")
    heard = again(runtime, key, "until quiet", "wait 21000")
    assert ("type" if key == "*" else "is_right") in heard
    assert "code" not in heard
    if key.startswith("hold"):
        assert heard[-3:] == ["explore", "end", "is_right"], "it is asked anew"


def test_an_approval_that_was_taken_back_is_heard_to_its_end_again(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    again(runtime, "#", "wait 300", "red", "wait 1500")
    read_back = ["is_right", "number", *NUMBER, *CONFIRM]
    assert again(runtime, "#", "until quiet") == read_back
    assert again(runtime, "#", "until quiet")[:4] == [*APPROVED, "code"]


def test_the_star_in_the_wait_for_a_response_leads_back_and_the_hash_says_the_time(
    runtime: Runtime,
):
    approve_late(runtime, 12)
    again(runtime, "wait 3000")
    assert again(runtime, "#", "wait 2500")[:2] == ["new_code", "wait"]
    assert again(runtime, "*", "until quiet") == ["type", "number", *NUMBER, "hash", "end"]
    assert again(runtime, "wait 14000") == []
    assert runtime.call(INTERACTION, "counter") == 0


def test_a_response_is_not_waited_for_where_the_user_wishes_no_wait(runtime: Runtime):
    ends = approve_late(runtime, 12, settings={"typing_time": 0})
    now = peer(SECRET, TIMED, NUMBER, counter=1, unix_time=ends - 30)
    assert again(runtime, "wait 6000") == ["hurry", "code", *now]


def test_the_wait_for_a_response_ends_when_the_host_took_the_account_away(runtime: Runtime):
    approve_late(runtime, 12)
    runtime.call(INTERACTION, "block")
    heard = again(runtime, "wait 11000", "until quiet")
    assert heard[-2:] == ["blocked", "contact_issuer"]
    assert runtime.call(INTERACTION, "counter") == 0


@pytest.mark.parametrize("trouble", ["lost", "absent"])
def test_only_a_suite_with_time_needs_the_clock(runtime: Runtime, trouble: str):
    begin(runtime, held(), clock=trouble)
    enter(runtime, NUMBER)
    assert again(runtime, "#", "until quiet")[3] == "code"
    begin(runtime, held(suite="OCRA-1:HOTP-SHA1-6:QN08-T1M"), clock=trouble)
    enter(runtime, NUMBER)
    assert again(runtime, "#", "until quiet") == [*APPROVED, f"clock_{trouble}", "contact_issuer"]


def test_a_token_that_was_blocked_meanwhile_does_not_answer(runtime: Runtime):
    begin(runtime, held())
    enter(runtime, NUMBER)
    runtime.call(INTERACTION, "block")
    assert again(runtime, "#", "until quiet") == [*APPROVED, "blocked", "contact_issuer"]
    assert again(runtime, "red", "until quiet") == ["blocked", "contact_issuer"]


def test_one_of_several_accounts_says_which_one_it_is(runtime: Runtime):
    assert begin(runtime, held(), held(name="b")) == [
        "account",
        "1",
        "type",
        "number",
        "hash",
        "end",
    ]
    assert again(runtime, "red+#", "until quiet") == [
        "account",
        "2",
        "type",
        "number",
        "hash",
        "end",
    ]


def test_the_tokens_pin_comes_before_the_challenge(runtime: Runtime):
    assert begin(runtime, held(), pin="8291") == ["type", "pin", "hash", "end"]
    assert enter(runtime, "8291") == ["type", "number", "hash", "end"]


@pytest.mark.parametrize("language", ["da", "en", "kl"])
@pytest.mark.parametrize("entry", ["number", "payment"])
def test_all_that_is_said_about_a_challenge_is_shown(runtime: Runtime, language: str, entry: str):
    phrases = runtime.call(INTERACTION, "phrases", language)
    account = held(suite="OCRA-1:HOTP-SHA256-8:QA24", entry=entry)
    heard = begin(runtime, account, settings={"language": language})
    if entry == "payment":
        heard += enter(runtime, "12345678")
    heard += enter(runtime, "123456789012345")
    heard += again(runtime, "#", "until quiet")
    seen = "".join(runtime.call(INTERACTION, "seen")).replace(" ", "")
    assert [
        clip for clip in heard if phrases[clip].replace(" ", "") not in seen and clip not in seen
    ] == []

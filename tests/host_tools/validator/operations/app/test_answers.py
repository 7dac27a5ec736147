"""Approvals from the asking to the use, answered by a device in Python."""

from dataclasses import replace

import pytest

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.app_records import AppReason
from tests.support.validator.app import SESSION, Site
from tests.support.validator.clock import VirtualClock

PAYMENT = {"amount": "2300.00", "currency": "DKK", "account": "9978 000123456", "place": "Odense"}


@pytest.fixture
def phone(site: Site) -> AppDevice:
    return site.device("anna.holm")


def test_what_was_asked_is_shown_approved_and_used_once(site: Site, phone: AppDevice):
    assert phone.waiting() == []
    asked = site.ask(**PAYMENT)
    (shown,) = phone.waiting()
    assert shown["text"] == "Overførsel af 2.300 kr. til konto 9978 000123456" == asked["text"]
    assert shown["party_name"] == "Lillebælt Sparekasse"
    assert (shown["amount"], shown["account"], shown["place"]) == (
        "2300.00",
        "9978 000123456",
        "Odense",
    )
    assert "digits" not in shown
    use = f"/v1/approvals/{asked['id']}/use"
    assert site.bank.post(use).json() == {"used": False}
    assert phone.answer(shown, "approve", asked["digits"])["accepted"]
    told = site.bank.get(f"/v1/approvals/{asked['id']}?wait=5").json()
    assert (told["state"], told["amr"], told["device"]) == (
        "approved",
        ["swk", "pin"],
        phone.device,
    )
    assert [site.bank.post(use).json()["used"] for _ in range(3)] == [True, False, False]
    assert phone.waiting() == []
    assert site.validator.verify_audit().broken == ()


@pytest.mark.parametrize(("later", "used"), [(600, True), (601, False)])
def test_what_was_approved_is_used_within_ten_minutes(
    site: Site, phone: AppDevice, clock: VirtualClock, later: int, used: bool
):
    asked = site.ask(**PAYMENT)
    (shown,) = phone.waiting()
    clock.now += 200
    assert phone.answer(shown, "approve", asked["digits"])["accepted"]
    clock.now += later
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": used}


@pytest.mark.parametrize("act", ["block", "remove"])
def test_what_was_approved_is_not_used_when_its_device_was_blocked_or_removed_since(
    site: Site, phone: AppDevice, act: str
):
    tablet = site.device("anna.holm", "2684", name="Tavle")
    asked = site.ask(**PAYMENT)
    assert phone.answer(phone.waiting()[0], "approve", asked["digits"])["accepted"]
    if act == "block":
        site.validator.block(phone.device, actor="test")
    else:
        tablet.remove(phone.device)
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": False}
    assert site.validator.verify_audit().broken == ()


def test_what_was_approved_before_a_block_is_not_used_after_it(site: Site, phone: AppDevice):
    used, unused = site.ask(session="browser-session-1"), site.ask(session="browser-session-2")
    for shown, asked in zip(phone.waiting(), (used, unused), strict=True):
        assert phone.answer(shown, "approve", asked["digits"])["accepted"]
    assert site.bank.post(f"/v1/approvals/{used['id']}/use").json() == {"used": True}
    site.validator.block(phone.device, actor="test")
    site.validator.unblock(phone.device, actor="test")
    assert (site.state(used), site.state(unused)) == ("approved", "cancelled")
    assert site.bank.post(f"/v1/approvals/{unused['id']}/use").json() == {"used": False}
    assert site.validator.verify_audit().broken == ()


@pytest.mark.parametrize("decision", ["decline", "report"])
def test_who_waits_is_told_that_it_was_declined(site: Site, phone: AppDevice, decision: str):
    asked = site.ask()
    (shown,) = phone.waiting()
    assert phone.answer(shown, decision)["accepted"]
    assert site.state(asked) == "declined"
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": False}
    verdict = phone.answer(shown, "approve", asked["digits"])
    assert (verdict["accepted"], verdict["reason"]) == (False, "not_waiting")


def test_it_expires_and_can_be_extended_ten_times(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    asked = site.ask()
    (shown,) = phone.waiting()
    for left in range(9, -1, -1):
        clock.now += 100
        answered = phone.ask("POST", f"/approvals/{asked['id']}/extend").json()
        assert answered == shown | {"expires_at": clock.now + 300, "extensions_left": left}
    assert phone.ask("POST", f"/approvals/{asked['id']}/extend").status_code == 409
    clock.now += 300
    assert site.state(asked) == "expired"
    assert phone.waiting() == []
    verdict = phone.answer(shown, "approve", asked["digits"])
    assert (verdict["accepted"], verdict["reason"]) == (False, "expired")
    assert site.state(asked) == "expired"


def test_three_wrong_pairs_of_digits_end_it(site: Site, phone: AppDevice):
    asked = site.ask()
    (shown,) = phone.waiting()
    wrong = f"{(int(asked['digits']) + 1) % 100:02}"
    verdicts = [phone.answer(shown, "approve", wrong) for _ in range(3)]
    assert [verdict["reason"] for verdict in verdicts] == ["wrong_digits"] * 3
    assert [verdict["tries_left"] for verdict in verdicts] == [2, 1, 0]
    assert site.state(asked) == "declined"
    assert phone.answer(shown, "approve", asked["digits"])["reason"] == "not_waiting"


def test_without_digits_nothing_is_approved(site: Site, phone: AppDevice):
    asked = site.ask()
    assert phone.answer(phone.waiting()[0], "approve")["reason"] == "wrong_digits"
    assert site.state(asked) == "waiting"


def test_another_request_of_the_same_session_cancels_the_one_before(site: Site, phone: AppDevice):
    first, second = site.ask(), site.ask()
    assert [site.state(one) for one in (first, second)] == ["cancelled", "waiting"]
    assert [one["id"] for one in phone.waiting()] == [second["id"]]
    taken_back = site.bank.delete(f"/v1/approvals/{second['id']}").json()
    assert taken_back["state"] == "cancelled"


def test_an_answer_is_taken_once_and_an_older_counter_never(site: Site, phone: AppDevice):
    asked = site.ask()
    (shown,) = phone.waiting()
    body = phone.answer_body(shown, "approve", asked["digits"])
    assert phone.send_answer(asked["id"], body)["accepted"]
    assert phone.send_answer(asked["id"], body)["reason"] == "replayed"
    other = site.ask(session="another-session-2")
    old = phone.answer_body(phone.waiting()[0], "approve", other["digits"], body["counter"])
    verdict = phone.send_answer(other["id"], old)
    assert (verdict["reason"], verdict["counter"]) == ("replayed", body["counter"])


def test_a_text_that_is_altered_by_one_character_anywhere_is_refused(site: Site, phone: AppDevice):
    asked = site.ask(**PAYMENT)
    (shown,) = phone.waiting()
    tried = 0
    for name, value in shown.items():
        if name in ("expires_at", "extensions_left", "language"):
            continue
        text = str(value)
        for altered in [
            *(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :] for at in range(len(text))),
            *(text[:at] + text[at + 1 :] for at in range(len(text))),
            text + " ",
        ]:
            body = phone.answer_body(shown | {name: altered}, "approve", asked["digits"])
            assert phone.send_answer(asked["id"], body)["reason"] == "wrong_signature", altered
            tried += 1
    assert tried > 300
    body = phone.answer_body(shown, "approve", asked["digits"])
    for changed in (
        {"decision": "decline", "digits": ""},
        {"decision": "report", "digits": ""},
        {"counter": body["counter"] + 1},
        {"digits": "99" if asked["digits"] != "99" else "98"},
    ):
        verdict = phone.send_answer(asked["id"], body | changed)
        assert verdict["reason"] == "wrong_signature", changed
    assert site.state(asked) == "waiting"
    assert phone.send_answer(asked["id"], body)["accepted"]


def test_no_other_user_answers_it_and_no_other_party_sees_it(site: Site, phone: AppDevice):
    asked = site.ask()
    (shown,) = phone.waiting()
    other = site.device("bo.lund")
    assert other.waiting() == []
    assert other.answer(shown, "approve", asked["digits"])["reason"] == "unknown"
    stolen = replace(other, device=phone.device)
    assert stolen.answer(shown, "approve", asked["digits"])["reason"] == "unknown"
    path = f"/v1/approvals/{asked['id']}"
    assert site.api("shop").get(path).status_code == 404
    assert site.api("shop").delete(path).status_code == 404
    assert site.api("shop").post(f"{path}/use").status_code == 404
    assert site.api("boss").get(path).status_code == 403
    assert site.state(asked) == "waiting"


def test_a_blocked_device_answers_nothing_and_an_unblocked_one_goes_on(
    site: Site, phone: AppDevice
):
    asked = site.ask()
    (shown,) = phone.waiting()
    site.validator.block(phone.device, actor="test")
    assert phone.answer(shown, "approve", asked["digits"])["reason"] == "blocked"
    assert phone.ask("GET", "/approvals").status_code == 401
    assert phone.unlock() == {
        "opened": False,
        "reason": "blocked",
        "counter": 1,
        "tries_left": 0,
        "retry_after": 0,
    }
    site.validator.unblock(phone.device, actor="test")
    assert phone.ask("GET", "/approvals").status_code == 401, "the session is over for good"
    phone.unlock()
    assert phone.answer(shown, "approve", asked["digits"])["accepted"]
    assert site.state(asked) == "approved"


def test_a_user_id_is_asked_a_few_times_an_hour_whether_it_exists_or_not(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    for user_id in ("anna.holm", "nobody-at-all"):
        for number in range(6):
            site.ask(user_id, f"browser-session-{number}")
        body = {"user_id": user_id.upper(), "session": SESSION}
        refused = site.bank.post("/v1/approvals", json=body)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) in range(3598, 3601)
    clock.now += 3600
    phone.unlock()
    asked = site.ask()
    for _ in range(9):  # what is approved does not count
        assert phone.answer(phone.waiting()[-1], "approve", asked["digits"])["accepted"]
        clock.now += 1
        asked = site.ask()


def test_requests_made_before_the_clock_was_put_back_do_not_keep_from_others(
    site: Site, clock: VirtualClock
):
    for number in range(6):
        site.ask("anna.holm", f"browser-session-{number}")
    clock.now -= 86_400
    site.ask("anna.holm", "browser-session-6")


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_device_is_told_in_which_language_a_sentence_is(
    site: Site, phone: AppDevice, language: str
):
    site.validator.set_user(
        "anna.holm", email=None, language=language, notify_on_use=False, actor="test"
    )
    for what, told in ((PAYMENT, language), ({}, language), ({"text": "Ordre 4711"}, "")):
        site.ask(**what)
        assert phone.waiting()[-1]["language"] == told
    assert phone.ask("POST", "/practice", {}).json()["language"] == language
    phone.headers["Accept-Language"] = "en-GB,en;q=0.9"
    practice = phone.ask("POST", "/practice", {}).json()
    assert (practice["language"], practice["party_name"]) == ("en", "Practice: nobody asks")


def test_one_party_does_not_use_up_what_others_may_ask(site: Site, clock: VirtualClock):
    def ask(party: str, number: int) -> int:
        body = {"user_id": "anna.holm", "session": f"{party}-session-{number:09}"}
        return site.api(party).post("/v1/approvals", json=body).status_code

    assert [ask("shop", number) for number in range(7)] == [*6 * [201], 429]
    clock.now += 60
    assert [ask("bank", number) for number in range(7)] == [*6 * [201], 429]
    clock.now += 3541  # the shop's first six are an hour old
    assert [ask("shop", 8), ask("bank", 8)] == [201, 429]


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Pay\ufe0f100"},
        {"text": "Pay  100"},
        {"text": " "},
        {"text": "\u05d0 100"},
        {"place": "\u3164"},
        {"amount": "0.00", "currency": "DKK", "account": "1"},
        {"amount": "0001.00", "currency": "DKK", "account": "1"},
        {"amount": "1.00", "currency": "DKK", "account": "1  2"},
        {"amount": "1.00", "currency": "DKK", "account": 43 * "1"},
    ],
)
def test_what_would_not_be_shown_as_it_is_signed_is_not_asked(
    site: Site, phone: AppDevice, changed: dict[str, str]
):
    body = {"user_id": "anna.holm", "session": SESSION, **changed}
    assert site.bank.post("/v1/approvals", json=body).status_code == 422
    assert phone.waiting() == []
    site.ask(amount="0.01", currency="DKK", account=42 * "1", place="Odense")
    assert len(phone.waiting()) == 1


def test_a_session_ends_and_is_closed(site: Site, phone: AppDevice, clock: VirtualClock):
    assert phone.ask("DELETE", "/sessions").status_code == 204
    for method, path in (("GET", "/approvals"), ("GET", "/devices"), ("GET", "/history")):
        answered = phone.ask(method, path)
        assert (answered.status_code, answered.json()["id"]) == (401, "app-session-ended")
    phone.unlock()
    clock.now += 30 * 60
    assert phone.ask("GET", "/approvals").status_code == 401


def test_what_was_done_is_listed_and_notified_if_it_is_wished(site: Site, phone: AppDevice):
    assert phone.notify_on_use(chosen=True)["accepted"]
    assert phone.ask("GET", "/notices").json()["notify_on_use"]
    asked = site.ask(**PAYMENT)
    phone.answer(phone.waiting()[0], "approve", asked["digits"])
    entries = phone.ask("GET", "/history").json()["entries"]
    assert [(one["action"], one["party_name"]) for one in entries] == [
        ("approve", "Lillebælt Sparekasse"),
        ("activate", ""),
    ]
    assert entries[0]["text"] == asked["text"]
    kinds = [notice.kind for notice in site.validator.due_notices()]
    assert kinds == ["activated", "used"]


def test_the_history_lists_what_a_report_and_wrong_digits_ended(site: Site, phone: AppDevice):
    asked = site.ask(**PAYMENT)
    (shown,) = phone.waiting()
    wrong = f"{(int(asked['digits']) + 1) % 100:02}"
    for _ in range(3):
        phone.answer(shown, "approve", wrong)
    first, second = site.ask(), site.ask(session="another-session-1")
    phone.answer(phone.waiting()[0], "report", "")
    entries = phone.ask("GET", "/history").json()["entries"]
    assert [(one["action"], one["approval"]) for one in entries[:3]] == [
        ("decline", second["id"]),
        ("report", first["id"]),
        ("wrong_digits", shown["id"]),
    ]
    assert entries[2]["text"] == asked["text"]


def test_the_history_lists_wrong_pins_and_is_not_filled_by_them(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    other = site.device("anna.holm", "2684", name="Tavle")
    phone.unlock("9999")
    phone.ask("POST", "/devices/codes", phone.signed_anew("kodebrik-new-device-1", pin="9999"))
    other.unlock("9999")
    for _ in range(50):
        clock.advance(100_000)
        phone.unlock("9999")
    other.unlock()
    entries = other.ask("GET", "/history").json()["entries"]
    assert [(one["action"], one["name"], one["count"]) for one in entries] == [
        ("wrong_pin", "Telefon", 50),
        ("wrong_pin", "Tavle", 1),
        ("wrong_pin", "Telefon", 2),
        ("activate", "Tavle", 1),
        ("activate", "Telefon", 1),
    ]
    assert entries[0]["at"] == clock()


def test_practice_is_signed_alike_and_never_accepted(site: Site, phone: AppDevice):
    shown = phone.ask("POST", "/practice", {}).json()
    assert shown["practice"] is True
    said = phone.said(phone.next_counter(), "approve", "47", shown)
    body = {"counter": phone.counter, "decision": "approve", "digits": "47", "approval": shown}
    for purpose, reason in (
        ("kodebrik-practice-1", AppReason.ACCEPTED),
        ("kodebrik-approval-1", AppReason.WRONG_SIGNATURE),
    ):
        body["proof"] = {"signature": phone.key.sign(purpose, *said)}
        assert phone.ask("POST", "/practice/answer", body).json()["reason"] == reason
    asked = site.ask()
    (waiting,) = phone.waiting()
    practised = phone.key.sign(
        "kodebrik-practice-1", *phone.said(9, "approve", asked["digits"], waiting)
    )
    body = {"counter": 9, "decision": "approve", "digits": asked["digits"]}
    verdict = phone.send_answer(asked["id"], body | {"proof": {"signature": practised}})
    assert verdict["reason"] == "wrong_signature"


@pytest.mark.parametrize(
    "given",
    [
        {"amount": "2300.00"},
        {"amount": "2300", "currency": "DKK", "account": "1"},
        {"amount": "-1.00", "currency": "DKK", "account": "1"},
        {"amount": "1.00", "currency": "DKK", "account": "1", "text": "nothing"},
        {"text": "pay \N{RIGHT-TO-LEFT OVERRIDE}001"},
        {"place": "a\N{ZERO WIDTH SPACE}b"},
        {"text": "a\nb"},
        {"text": ""},
        {"session": "short"},
        {"party": "shop"},
    ],
)
def test_what_cannot_be_shown_as_it_is_is_not_asked(site: Site, given: dict):
    body = {"user_id": "anna.holm", "session": SESSION} | given
    assert site.bank.post("/v1/approvals", json=body).status_code in (403, 422)


def test_the_user_reads_in_their_language_and_who_asks_does_not_learn_it(site: Site):
    site.validator.set_user("bo.lund", email=None, language="en", notify_on_use=False, actor="test")
    phone = site.device("bo.lund")
    payment = {"amount": "2300.50", "currency": "DKK", "account": "123"}
    told = [site.ask(user_id, "b" * 16, **payment)["text"] for user_id in ("bo.lund", "no.one")]
    assert told == ["Overførsel af 2.300,50 kr. til konto 123"] * 2
    site.ask("bo.lund", "c" * 16)
    assert [one["text"] for one in phone.waiting()] == ["Sign in at Lillebælt Sparekasse"]
    site.ask("bo.lund", "b" * 16, **payment)
    assert phone.waiting()[-1]["text"] == "Transfer of DKK 2,300.50 to account 123"
    euro = site.ask("anna.holm", amount="10.00", currency="EUR", account="DK50 0040 0440 1162 43")
    assert euro["text"] == "Overførsel af 10 EUR til konto DK50 0040 0440 1162 43"

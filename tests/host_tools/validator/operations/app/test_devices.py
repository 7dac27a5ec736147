"""App devices as tokens: activation in three ways, PIN, lock, removal, and what they are not."""

import re

import pytest
from sqlalchemy import text

from host_tools.otp import codes
from host_tools.qa.tokens.app_device import AppDevice
from host_tools.secret import Secret
from host_tools.validator.app_records import AppKeyKind
from host_tools.validator.errors import ConflictError
from host_tools.validator.notices.smtp import MailServer
from host_tools.validator.notices.webhook import Webhook
from host_tools.validator.records import Status
from host_tools.validator.rule.verdict import CheckRequest, Reason
from tests.support.validator.app import APP_PIN, PIN, Site
from tests.support.validator.application import SUITE
from tests.support.validator.clock import VirtualClock
from tests.support.validator.site import HTML, signed_in
from tests.support.validator.tokens import EnrolledToken, activated


@pytest.fixture
def fob(site: Site, clock: VirtualClock) -> EnrolledToken:
    """The code token of a user who has a PIN."""
    (holder,) = activated(site.validator, clock, "anna.holm")
    site.validator.set_pin("anna.holm", Secret(PIN.encode()), actor="test")
    clock.now += 60
    return holder


def test_a_letter_is_good_once_and_a_new_one_makes_the_former_void(site: Site):
    former, code = site.letter("anna.holm"), site.letter("anna.holm")
    phone = AppDevice(site.client, "ANNA.HOLM", APP_PIN)
    assert phone.activate(activation_code=former).json()["id"] == "app-not-activated"
    assert phone.activate(activation_code=f"{code[:4]} {code[4:8]} {code[8:]}").status_code == 201
    again = AppDevice(site.client, "anna.holm", APP_PIN)
    assert again.activate(activation_code=code).status_code == 422
    assert phone.unlock()["user_id"] == "anna.holm"


def test_a_key_of_one_device_is_no_other_devices_not_even_when_that_was_removed(site: Site):
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    assert phone.activate(activation_code=site.letter("anna.holm")).status_code == 201
    assert phone.unlock()["opened"]
    letters = {user_id: site.letter(user_id) for user_id in ("anna.holm", "bo.lund")}
    for _ in range(2):
        for user_id, code in letters.items():
            other = AppDevice(site.client, user_id, APP_PIN, key=phone.key)
            refused = other.activate(activation_code=code)
            assert (refused.status_code, refused.json()["id"]) == (422, "app-key-known")
        phone.ask("DELETE", f"/devices/{phone.device}")
    for user_id, code in letters.items():  # no try of a letter was spent
        assert (
            AppDevice(site.client, user_id, APP_PIN).activate(activation_code=code).status_code
            == 201
        )


@pytest.mark.parametrize("counter", ["1", 1.0, True, "x", None, [1]])
def test_a_counter_is_a_whole_number_alone(site: Site, counter: object):
    body = {
        "device": "APP1",
        "counter": counter,
        "challenge": "",
        "pin": "",
        "proof": {"signature": ""},
    }
    assert site.client.post("/app/api/sessions", json=body).status_code == 422


def test_three_wrong_codes_after_the_selector_make_the_right_one_void(site: Site):
    code = site.letter("anna.holm")
    wrong = f"{code[:4]}{(int(code[4:]) + 1) % 10**8:08}"
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    for _ in range(3):
        assert phone.activate(activation_code=wrong).status_code == 422
    assert phone.activate(activation_code=code).status_code == 422


@pytest.mark.parametrize("between", ["-", " "])
def test_a_letters_code_is_taken_in_groups(site: Site, between: str):
    code = site.letter("anna.holm")
    grouped = between.join((code[:4], code[4:8], code[8:]))
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    assert phone.activate(activation_code=grouped).status_code == 201


def test_who_has_no_letter_does_not_void_that_of_another(site: Site):
    code = site.letter("anna.holm")
    stranger = AppDevice(site.client, "anna.holm", APP_PIN)
    other = f"{(int(code[:4]) + 1) % 10**4:04}"
    for wrong in (other + code[4:], other, "", code[4:], other + "0" * 8, "x" * 12, "½" * 12):
        for _ in range(2):
            assert stranger.activate(activation_code=wrong).status_code == 422
    (slot,) = site.validator.tokens(user_id="anna.holm").items
    assert slot.activation_tries == 3
    assert stranger.activate(activation_code=code).status_code == 201
    assert site.validator.verify_audit().broken == ()


def test_a_letter_is_issued_over_rest_by_the_help_desk(site: Site, clock: VirtualClock):
    body = {"user_id": "anna.holm", "days": 3}
    assert site.bank.post("/v1/app-letters", json=body).status_code == 403
    issued = site.api("desk").post("/v1/app-letters", json=body).json()
    assert issued["expires_at"] == clock.now + 3 * 86400
    clock.now += 3 * 86400 + 1
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    assert phone.activate(activation_code=issued["code"]).status_code == 422


def test_a_code_of_the_code_token_moves_its_user_to_the_app(
    site: Site, clock: VirtualClock, fob: EnrolledToken
):
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    assert phone.activate(code=fob.code()).status_code == 422  # without the PIN
    assert phone.activate(code=fob.code(-5), user_pin=PIN).status_code == 422
    assert phone.activate(code=fob.code(), user_pin=PIN).status_code == 201
    assert phone.unlock()["opened"]
    assert phone.activate(code=fob.code(), user_pin=PIN).status_code == 422  # a code counts once
    kinds = [notice.kind for notice in site.validator.due_notices()]
    assert kinds == ["activated", "activated"]
    clock.now += 60  # and the code token goes on
    request = CheckRequest(fob.code(), user_id="anna.holm", pin=PIN)
    assert site.validator.check_many([request])[0].accepted
    assert site.validator.user("anna.holm").serial == fob.serial


def test_a_response_of_a_challenge_token_moves_its_user_to_the_app(site: Site, clock: VirtualClock):
    (speaking,) = activated(site.validator, clock, "bo.lund", suite=SUITE)
    (other,) = activated(site.validator, clock, "carla", suite=SUITE)
    phone = AppDevice(site.client, "bo.lund", APP_PIN)

    def asked() -> tuple[str, str]:
        challenge = phone.challenge()
        body = {"challenge": challenge}
        return challenge, site.client.post("/app/api/challenges/number", json=body).json()["number"]

    def response(token: EnrolledToken, number: str) -> str:
        return codes.ocra(token.secret, SUITE, number)

    challenge, number = asked()
    assert re.fullmatch("[1-9][0-9]{7}", number)
    _, foreign = asked()
    assert foreign != number
    at, random, mac = challenge.split(".")
    altered = random[:-1] + ("1" if random[-1] == "0" else "0")
    for forged in ("", f"{at}.{altered}.{mac}", f"{int(at) + 1}.{random}.{mac}"):
        body = {"challenge": forged}
        refused = site.client.post("/app/api/challenges/number", json=body)
        assert (refused.status_code, refused.json()["id"]) == (422, "app-challenge-not-fresh")
    for wrong in (response(speaking, foreign), response(other, number)):
        assert phone.activate_with(challenge, code=wrong).status_code == 422
    right = response(speaking, number)
    clock.now += 301
    body = {"challenge": challenge}
    assert site.client.post("/app/api/challenges/number", json=body).status_code == 422, "too old"
    assert phone.activate_with(challenge, code=right).status_code == 422, "too old"
    site.validator.unblock(speaking.serial, actor="test")
    challenge, number = asked()
    assert phone.activate_with(challenge, code=response(speaking, number)).status_code == 201
    assert phone.unlock()["opened"]
    again = AppDevice(site.client, "bo.lund", APP_PIN)
    answered = again.activate_with(challenge, code=response(speaking, number))
    assert answered.status_code == 422, "a response counts once"
    assert site.validator.token(speaking.serial).status is Status.ACTIVE
    assert site.validator.verify_audit().broken == ()


def test_wrong_codes_at_the_activation_lock_as_at_any_other_door(site: Site, fob: EnrolledToken):
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    for _ in range(3):
        assert phone.activate(code="000000", user_pin=PIN).status_code == 422
    assert phone.activate(code=fob.code(), user_pin=PIN).status_code == 422
    request = CheckRequest(fob.code(), user_id="anna.holm", pin=PIN)
    assert site.validator.check_many([request])[0].reason is Reason.LOCKED_OUT


def test_another_device_is_activated_with_a_code_of_the_first(site: Site, clock: VirtualClock):
    phone = site.device("anna.holm")
    code = phone.code_for_another()
    tablet = AppDevice(site.client, "anna.holm", "2684", name="Tavle")
    clock.now += 599
    assert tablet.activate(activation_code=code).status_code == 201
    tablet.unlock()
    listed = phone.ask("GET", "/devices").json()["devices"]
    assert [(one["name"], one["this"], one["status"]) for one in listed] == [
        ("Telefon", True, "active"),
        ("Tavle", False, "active"),
    ]
    late = phone.code_for_another()
    clock.now += 601
    other = AppDevice(site.client, "anna.holm", APP_PIN)
    assert other.activate(activation_code=late).status_code == 422
    asked = site.ask()
    assert tablet.answer(tablet.waiting()[0], "approve", asked["digits"])["accepted"]
    assert phone.waiting() == []
    assert site.validator.verify_audit().broken == ()


def test_a_code_for_another_device_needs_a_signature_of_its_own(site: Site):
    phone = site.device("anna.holm")
    challenge = phone.challenge()
    signed = phone.key.sign("kodebrik-session-1", challenge, phone.device, "9")
    body = {"counter": 9, "challenge": challenge, "proof": {"signature": signed}}
    answered = phone.ask("POST", "/devices/codes", body).json()
    assert (answered["accepted"], answered["reason"]) == (False, "wrong_signature")


def test_a_code_for_another_device_needs_the_pin_again_which_counts(site: Site):
    phone = site.device("anna.holm")
    for left in (2, 1, 0):
        body = phone.signed_anew("kodebrik-new-device-1", pin="9999"[left:])
        answered = phone.ask("POST", "/devices/codes", body).json()
        assert (answered["reason"], answered["tries_left"]) == ("wrong_pin", left)
        assert (answered["retry_after"] > 0) is (left == 0)
    assert phone.unlock()["reason"] == "locked_out"


def test_removing_and_notices_need_a_signature_and_the_pin_again(site: Site, clock: VirtualClock):
    phone, tablet = site.device("anna.holm"), site.device("anna.holm", "2684", name="Tavle")
    path = f"/devices/{tablet.device}/remove"
    on = {"notify_on_use": True}
    for reason, removing, choosing in (
        ("wrong_pin", {"pin": "9999"}, {"pin": ""}),
        ("wrong_signature", {"what": phone.device}, {"what": "false"}),
        (
            "wrong_signature",
            {"purpose": "kodebrik-new-device-1"},
            {"purpose": "kodebrik-session-1"},
        ),
    ):
        for purpose, what, changed, method, url, more in (
            ("kodebrik-remove-device-1", tablet.device, removing, "POST", path, {}),
            ("kodebrik-notices-1", "true", choosing, "PUT", "/notices", on),
        ):
            said = (changed.get("purpose", purpose), changed.get("what", what))
            body = phone.signed_anew(*said, pin=changed.get("pin"))
            answered = phone.ask(method, url, body | more).json()
            assert (answered["accepted"], answered["reason"]) == (False, reason)
    assert tablet.waiting() == []
    assert not phone.ask("GET", "/notices").json()["notify_on_use"]
    assert phone.notify_on_use(chosen=True)["accepted"]
    assert site.validator.user("anna.holm").notify_on_use
    body = phone.signed_anew("kodebrik-remove-device-1", tablet.device)
    assert phone.ask("POST", path, body).json()["accepted"]
    assert phone.ask("POST", path, body).json()["reason"] == "replayed"


def test_notices_are_promised_where_they_reach_the_user(site: Site):
    phone = site.device("anna.holm")
    mail = MailServer(host="127.0.0.1", sender="kodebrik@example.org")
    webhook = Webhook(url="http://127.0.0.1:9/", secret=Secret(bytes(32)))

    def reachable(**channels: object) -> bool:
        state = site.client.app.state  # type: ignore[attr-defined]
        before = state.settings
        state.settings = before.model_copy(update=channels)
        try:
            found: bool = phone.ask("GET", "/notices").json()["reachable"]
            return found
        finally:
            state.settings = before

    assert not reachable()
    assert not reachable(mail=mail)  # without the user's address
    assert reachable(webhook=webhook)
    address = {"email": "anna@example.org", "language": "da", "notify_on_use": False}
    site.validator.set_user("anna.holm", **address, actor="test")  # type: ignore[arg-type]
    assert reachable(mail=mail)
    assert not reachable()


def test_several_users_of_one_telephone_have_a_key_and_a_pin_each(site: Site):
    anna, bo = site.device("anna.holm", "4711"), site.device("bo.lund", "2684")
    site.ask("bo.lund")
    assert anna.waiting() == []
    assert [one["user_id"] for one in bo.waiting()] == ["bo.lund"]
    assert anna.unlock("2684")["reason"] == "wrong_pin"
    bo.device, kept = anna.device, bo.device
    assert bo.unlock()["reason"] == "refused"  # its key is another
    assert kept != anna.device


def test_a_wrong_pin_counts_with_a_right_signature_alone(site: Site, clock: VirtualClock):
    phone = site.new_device("anna.holm")
    stranger = AppDevice(site.client, "anna.holm", APP_PIN, device=phone.device)
    for _ in range(20):
        assert stranger.unlock("0000")["reason"] == "refused"
    assert [phone.unlock("9999")["reason"] for _ in range(3)] == ["wrong_pin"] * 3
    locked = phone.unlock()
    assert (locked["opened"], locked["reason"], locked["retry_after"]) == (False, "locked_out", 60)
    clock.now += 61
    assert phone.unlock()["opened"]
    assert site.validator.token(phone.device).failures == 0


def test_a_hundred_wrong_pins_block_and_notify(site: Site, clock: VirtualClock):
    phone = site.new_device("anna.holm")
    assert [notice.kind for notice in site.validator.due_notices()] == ["activated"]
    for _ in range(100):
        clock.now += 3601
        assert phone.unlock("9999")["reason"] == "wrong_pin"
    assert site.validator.token(phone.device).status is Status.BLOCKED
    assert phone.unlock()["reason"] == "blocked"
    kinds = [notice.kind for notice in site.validator.due_notices()]
    assert kinds == ["blocked"]


def test_a_session_is_not_opened_twice_with_one_signature(site: Site, clock: VirtualClock):
    phone = site.new_device("anna.holm")
    challenge = phone.challenge()
    signed = phone.key.sign("kodebrik-session-1", challenge, phone.device, "1")
    body = {
        "device": phone.device,
        "counter": 1,
        "challenge": challenge,
        "pin": APP_PIN,
        "proof": {"signature": signed},
    }
    post = site.client.post
    assert post("/app/api/sessions", json=body).json()["opened"]
    again = post("/app/api/sessions", json=body).json()
    assert (again["reason"], again["counter"]) == ("replayed", 1)
    clock.now += 301
    signed = phone.key.sign("kodebrik-session-1", challenge, phone.device, "2")
    late = body | {"counter": 2, "proof": {"signature": signed}}
    assert post("/app/api/sessions", json=late).json()["reason"] == "refused"


@pytest.mark.parametrize(
    ("pin", "name", "identifier"),
    [
        ("1234", "Telefon", "app-pin-simple"),
        ("123", "Telefon", "app-pin-invalid"),
        ("471147114", "Telefon", "app-pin-invalid"),
        ("47a1", "Telefon", "app-pin-invalid"),
        ("4711", " ", "app-name-invalid"),
        ("4711", "x" * 41, "app-name-invalid"),
    ],
)
def test_a_weak_pin_and_a_wrong_name_are_refused_and_cost_no_code(
    site: Site, pin: str, name: str, identifier: str
):
    code = site.letter("anna.holm")
    phone = AppDevice(site.client, "anna.holm", pin, name=name)
    for _ in range(4):
        assert phone.activate(activation_code=code).json()["id"] == identifier
    phone.pin, phone.name = "4711", "Telefon"
    assert phone.activate(activation_code=code).status_code == 201


def test_a_key_that_was_not_proven_is_refused(site: Site):
    code = site.letter("anna.holm")
    phone, other = (AppDevice(site.client, "anna.holm", APP_PIN) for _ in range(2))
    challenge = phone.challenge()
    signed = other.key.sign(
        "kodebrik-activation-1", challenge, "anna.holm", "Telefon", phone.key.public
    )
    key = {"kind": "pin", "public_key": phone.key.public, "pin": APP_PIN, "signature": signed}
    body = {
        "challenge": challenge,
        "user_id": "anna.holm",
        "name": "Telefon",
        "key": key,
        "activation_code": code,
    }
    for changed in (key, key | {"public_key": "AAAA"}, key | {"kind": "webauthn"}):
        answered = site.client.post("/app/api/devices", json=body | {"key": changed})
        assert answered.json()["id"] == "app-key-invalid"


def test_a_removed_device_counts_no_more_and_its_user_is_told(site: Site):
    phone, tablet = site.device("anna.holm"), site.device("anna.holm", "2684", name="Tavle")
    stranger = site.device("bo.lund")
    refused = stranger.remove(tablet.device)
    assert (refused.status_code, refused.json()["id"]) == (404, "app-device-unknown")
    assert tablet.device not in str(refused.json())
    assert phone.remove(tablet.device).json()["accepted"]
    assert phone.remove(tablet.device).status_code == 404
    assert tablet.ask("GET", "/approvals").status_code == 401
    assert tablet.unlock()["reason"] == "removed"
    assert [one["device"] for one in phone.ask("GET", "/devices").json()["devices"]] == [
        phone.device
    ]
    assert phone.remove(phone.device).json()["accepted"]
    assert phone.ask("GET", "/devices").status_code == 401
    kinds = [notice.kind for notice in site.validator.due_notices()]
    assert kinds == ["activated"] * 3 + ["blocked"] * 2
    assert site.validator.verify_audit().broken == ()


def test_a_new_device_replaces_the_others_in_one_operation(site: Site, fob: EnrolledToken):
    former, tablet = site.device("anna.holm"), site.device("anna.holm", "2684", name="Tavle")
    site.validator.block(tablet.device, actor="test")
    others = site.device("bo.lund")
    code = former.code_for_another()
    phone = AppDevice(site.client, "anna.holm", "9264", name="Ny")
    wrong = f"{code[:4]}{(int(code[4:]) + 1) % 10**8:08}"
    assert phone.activate(activation_code=wrong, replaces_others=True).status_code == 422
    assert former.waiting() == []
    assert phone.activate(activation_code=code, replaces_others=True).status_code == 201
    assert phone.unlock("9264")["opened"]
    for gone in (former, tablet):
        assert gone.unlock()["reason"] == "removed"
        assert gone.ask("GET", "/approvals").status_code == 401
        assert site.validator.token(gone.device).status is Status.REPLACED
    (listed,) = phone.ask("GET", "/devices").json()["devices"]
    assert listed["device"] == phone.device
    entries = phone.ask("GET", "/history").json()["entries"]
    assert [(one["action"], one["name"]) for one in entries[:3]] == [
        ("replaced", "Tavle"),
        ("replaced", "Telefon"),
        ("activate", "Ny"),
    ]
    assert others.waiting() == []
    assert site.validator.token(fob.serial).status is Status.ACTIVE
    assert site.validator.verify_audit().broken == ()


def test_the_history_keeps_what_a_removed_device_did_and_its_removal(
    site: Site, clock: VirtualClock
):
    phone, tablet = site.device("anna.holm"), site.device("anna.holm", "2684", name="Tavle")
    asked = site.ask(amount="2300.00", currency="DKK", account="9978 000123456")
    tablet.answer(tablet.waiting()[0], "approve", asked["digits"])
    clock.now += 60
    phone.remove(tablet.device)
    entries = phone.ask("GET", "/history").json()["entries"]
    assert [(one["action"], one["name"], one["language"]) for one in entries] == [
        ("remove", "Tavle", ""),
        ("approve", "Tavle", "da"),
        ("activate", "Tavle", ""),
        ("activate", "Telefon", ""),
    ]
    assert entries[1]["text"] == "Overførsel af 2.300 kr. til konto 9978 000123456"
    with pytest.raises(ConflictError):
        site.validator.unblock(tablet.device, actor="test")


def test_an_app_device_has_no_codes_no_clock_and_no_other_user(site: Site, fob: EnrolledToken):
    phone = site.device("anna.holm")
    validator, serial = site.validator, phone.device
    token = validator.token(serial)
    assert (token.kind, token.digits, token.user_id) == ("app", 0, "anna.holm")
    (verdict,) = validator.check_many([CheckRequest("000000", serial=serial)])
    assert verdict.reason is Reason.UNKNOWN_TOKEN
    for refused in (
        lambda: validator.unassign(serial, actor="test"),
        lambda: validator.activate(serial, ["000000"], "00000000", actor="test"),
        lambda: validator.resynchronise(serial, ["000000", "111111"], actor="test"),
        lambda: validator.set_window(serial, window=3, actor="test"),
        lambda: validator.clock_was_set(serial, actor="test"),
        lambda: validator.set_clock_ppm(serial, 5, actor="test"),
        lambda: validator.assign_tokens({serial: "bo.lund"}, take_back=True, actor="test"),
    ):
        with pytest.raises(ConflictError):
            refused()
    site.letter("bo.lund")
    (slot,) = validator.tokens(user_id="bo.lund").items
    with pytest.raises(ConflictError):
        validator.activate_by_administrator(slot.serial, actor="test")
    assert validator.token(fob.serial).status is Status.ACTIVE


def test_a_deleted_user_leaves_no_device(site: Site, fob: EnrolledToken):
    phone = site.device("anna.holm")
    answers = ("approve", "decline")
    approved, declined = (site.ask(session=f"browser-session-{one}") for one in answers)
    for shown, one, decision in zip(phone.waiting(), (approved, declined), answers, strict=True):
        assert phone.answer(shown, decision, one["digits"])["accepted"]
    waiting = site.ask()
    site.validator.delete_user("anna.holm", actor="test")
    assert phone.ask("GET", "/approvals").status_code == 401
    for asked in (waiting, approved):
        assert site.state(asked) == "cancelled", "who waits is told"
        assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": False}
    assert site.bank.get(f"/v1/approvals/{declined['id']}").status_code == 404
    assert site.validator.token(fob.serial).status is Status.STOCK
    assert [one.serial for one in site.validator.tokens().items] == [fob.serial]
    assert site.validator.verify_audit().broken == ()


def test_an_altered_device_is_not_named_as_its_user_calls_it(site: Site):
    phone = site.device("anna.holm", name="Annas hemmelige telefon")
    with site.validator._database.writing() as connection:
        connection.execute(text("UPDATE app_devices SET key_kind = 'webauthn'"))
    refused = phone.ask("GET", "/approvals")
    assert refused.json()["id"] == "row-altered"
    assert "app_devices" in refused.text
    assert phone.name not in refused.text


def test_key_rotation_ends_sessions_and_keeps_devices_and_pins(site: Site):
    phone = site.device("anna.holm")
    asked = site.ask()
    site.validator.rotate_key(actor="test")
    assert phone.ask("GET", "/approvals").status_code == 401
    assert phone.unlock("9999")["reason"] == "wrong_pin"
    assert phone.unlock()["opened"]  # and the PIN is hashed anew
    assert phone.answer(phone.waiting()[0], "approve", asked["digits"])["accepted"]
    assert site.validator.app.devices(phone.session)[1][0].key is AppKeyKind.PIN
    assert site.validator.verify_audit().broken == ()


def test_the_administration_prints_a_letter_for_a_device_that_waits(site: Site):
    site.letter("anna.holm")
    (slot,) = site.validator.tokens(user_id="anna.holm").items
    form = signed_in(site.client, site.keys["boss"])
    given = {"csrf": form, "serial": slot.serial}
    page = site.client.post("/admin/token", data=given | {"action": "letter"}).text
    found = re.search(r'name="code" value="(\d{12})".*?name="expires_at" value="(.*?)"', page, re.S)
    assert found is not None
    letter = site.client.post(
        "/admin/letter", data=given | {"code": found[1], "expires_at": found[2]}
    )
    assert "Vælg at aktivere med et brev." in letter.text
    phone = AppDevice(site.client, "anna.holm", APP_PIN)
    assert phone.activate(activation_code=found[1]).status_code == 201


def test_the_administration_makes_a_first_letter_for_a_users_app(site: Site):
    form = signed_in(site.client, site.keys["desk"])
    given = {"csrf": form, "user_id": "bo.lund", "action": "app_letter"}
    page = site.client.post("/admin/user", data=given).text
    found = re.search(
        r'name="serial" value="(APP\d{12})".*?name="code" value="(\d{12})"'
        r'.*?name="expires_at" value="(.*?)"',
        page,
        re.S,
    )
    assert found is not None
    printed = {"csrf": form, "serial": found[1], "code": found[2], "expires_at": found[3]}
    letter = site.client.post("/admin/letter", data=printed).text
    assert "Vælg at aktivere med et brev." in letter
    assert f"{found[2][:4]} {found[2][4:8]} {found[2][8:]}" in letter
    assert found[2] not in site.client.get("/admin/user?user_id=bo.lund", headers=HTML).text
    phone = AppDevice(site.client, "bo.lund", APP_PIN)
    assert phone.activate(activation_code=found[2]).status_code == 201


def test_the_administration_shows_a_device_with_what_can_be_done_to_it(site: Site):
    phone = site.device("anna.holm")
    signed_in(site.client, site.keys["boss"])
    page = site.client.get(f"/admin/token?serial={phone.device}", headers=HTML).text
    assert "APP, ES256" in page
    assert set(re.findall(r'name="action" value="(\w+)"', page)) == {"block", "delete"}
    for foreign in ("Vindue", "Uret", "drift"):
        assert foreign not in page
    assert "<td>godkendt</td>" not in page
    assert "måde: aktiveringskode" in page
    asked = site.ask()
    phone.answer(phone.waiting()[0], "approve", asked["digits"])
    page = site.client.get(f"/admin/token?serial={phone.device}", headers=HTML).text
    assert "<td>godkendt</td>" in page
    assert "Lillebælt Sparekasse" in page

"""After "It was not me" nothing reaches the user, until they or the help desk lift the report."""

from collections.abc import Callable

import pytest

from host_tools.qa.tokens.app_device import AppDevice
from host_tools.validator.operations.app import reports
from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from tests.support.validator.app import Site
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.site import HTML, signed_in

DAY = 86_400


@pytest.fixture
def phone(site: Site) -> AppDevice:
    return site.device("anna.holm")


@pytest.fixture
def tablet(site: Site) -> AppDevice:
    return site.device("anna.holm", "2684", name="Tavle")


def report(site: Site, phone: AppDevice, session: str = "reported-session-1") -> dict:
    """Have the user report an approval; give it as it was asked for."""
    asked = site.ask(session=session, place="Lagos")
    (shown,) = [one for one in phone.waiting() if one["id"] == asked["id"]]
    assert phone.answer(shown, "report")["accepted"]
    return asked


def notices(site: Site) -> list[str]:
    return [notice.kind for notice in site.validator.due_notices()]


def reaches(site: Site, phone: AppDevice, session: str = "browser-session-2") -> bool:
    asked = site.ask(session=session)
    return asked["id"] in [one["id"] for one in phone.waiting()]


def test_a_report_ends_all_that_waits_and_nothing_reaches_the_user_until_it_is_lifted(
    site: Site, phone: AppDevice, tablet: AppDevice, clock: VirtualClock
):
    first = site.ask(session="another-session-1")
    second = report(site, phone)
    assert [site.state(one) for one in (first, second)] == ["declined", "declined"]
    assert notices(site) == ["activated", "activated", "reported"]
    for passed in (0, 3600, 10 * DAY):
        clock.now += passed
        for device in (phone, tablet):
            device.unlock()
            assert not reaches(site, device)
            assert device.report()["id"] == second["id"]
    assert phone.lift(phone.report())["accepted"]
    assert phone.report() is None
    assert phone.waiting() == [], "what was asked meanwhile does not come"
    assert notices(site)[-1] == "lifted"
    assert reaches(site, phone)
    assert phone.waiting() == tablet.waiting()
    assert site.validator.verify_audit().broken == ()


def test_who_asks_is_told_of_who_has_reported_what_they_are_told_of_nobody(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    site.validator.set_user(
        "anna.holm", email=None, language="en", notify_on_use=False, actor="test"
    )
    report(site, phone)

    def told(user_id: str) -> list[dict]:
        asked = site.ask(user_id, f"session-of-{user_id:20}")
        path = f"/v1/approvals/{asked['id']}"
        use = site.bank.post(f"{path}/use").json()
        longer = site.bank.post(f"{path}/extend").json()
        clock.now += 301
        later = site.bank.get(path).json()
        clock.now -= 301
        drawn = dict.fromkeys(("id", "digits"))
        return [use, *(one | drawn for one in (asked, longer, later))]

    assert told("anna.holm") == told("nobody-at-all")


def test_what_was_approved_and_not_used_yet_is_cancelled_by_a_report(
    site: Site, phone: AppDevice, tablet: AppDevice
):
    used, unused = site.ask(session="browser-session-1"), site.ask(session="browser-session-2")
    for shown, asked in zip(phone.waiting(), (used, unused), strict=True):
        assert phone.answer(shown, "approve", asked["digits"])["accepted"]
    assert site.bank.post(f"/v1/approvals/{used['id']}/use").json() == {"used": True}
    report(site, tablet)
    assert (site.state(used), site.state(unused)) == ("approved", "cancelled")
    assert site.bank.post(f"/v1/approvals/{unused['id']}/use").json() == {"used": False}
    tablet.lift(tablet.report())
    assert site.bank.post(f"/v1/approvals/{unused['id']}/use").json() == {"used": False}


def test_the_help_desk_sees_and_lifts_it(site: Site, phone: AppDevice, clock: VirtualClock):
    path = "/v1/reports/anna.holm"
    for answered in (site.api("desk").get(path), site.api("desk").delete(path)):
        assert (answered.status_code, answered.json()["id"]) == (404, "report-unknown")
        assert "more" not in answered.json()["error"], "there was none"
    asked = report(site, phone)
    assert site.api("desk").get("/v1/reports/ANNA.HOLM").json() == {
        "id": asked["id"],
        "reported_at": clock.now,
        "device": phone.device,
        "party_name": "Lillebælt Sparekasse",
        "text": asked["text"],
        "place": "Lagos",
        "state": "declined",
    }
    for name in ("bank", "shop"):
        assert site.api(name).get(path).status_code == 403
        assert site.api(name).delete(path).status_code == 403
    _, auditor = site.validator.create_api_key("auditor", Role.AUDITOR, actor="test")
    site.keys["auditor"] = auditor.reveal().decode()
    assert site.api("auditor").get(path).status_code == 200
    assert site.api("auditor").delete(path).status_code == 403
    assert notices(site)[-1] == "reported"
    assert site.api("desk").delete(path).status_code == 204
    assert notices(site) == ["lifted_by_support"]
    again = site.api("desk").delete(path)
    assert (again.status_code, again.json()["id"]) == (404, "report-unknown")
    assert site.api("desk").delete("/v1/reports/nobody-at-all").status_code == 404
    assert reaches(site, phone)
    entry = site.validator.audit(serial=phone.device).items[0]
    told = (entry.actor, entry.action, entry.detail["report"])
    assert told == ("desk", "lift_by_support", asked["id"])
    (first, *_) = phone.ask("GET", "/history").json()["entries"]
    assert (first["action"], first["name"]) == ("lift_by_support", "")
    report(site, phone, "reported-session-2")
    phone.lift(phone.report())
    (first, *_) = phone.ask("GET", "/history").json()["entries"]
    assert (first["action"], first["name"]) == ("lift", "Telefon")
    assert notices(site)[-1] == "lifted"


def test_the_page_of_the_user_shows_it_to_all_and_lets_the_help_desk_lift_it(
    site: Site, phone: AppDevice
):
    report(site, phone)
    _, auditor = site.validator.create_api_key("auditor", Role.AUDITOR, actor="test")
    given = {"user_id": "anna.holm", "action": "lift_report"}
    for key, may in ((auditor.reveal().decode(), False), (site.keys["desk"], True)):
        form = signed_in(site.client, key)
        page = site.client.get("/admin/user?user_id=anna.holm", headers=HTML).text
        assert f"på {phone.device}" in page
        assert "Lagos" in page
        assert ('value="lift_report"' in page) == may
        lifted = site.client.post("/admin/user", data=given | {"csrf": form}, headers=HTML)
        assert lifted.status_code == (303 if may else 403)
    page = site.client.get(lifted.headers["location"], headers=HTML).text
    assert "Brugeren kan spørges igen" in page
    assert phone.device not in page.partition("<dl")[0]
    again = site.client.post("/admin/user", data=given | {"csrf": form}, headers=HTML)
    assert again.status_code == 422


def test_a_report_outlives_its_device(site: Site, phone: AppDevice, tablet: AppDevice):
    report(site, phone)
    site.validator.delete(phone.device, actor="test")
    assert not reaches(site, tablet)
    assert site.api("desk").delete("/v1/reports/anna.holm").status_code == 204
    assert notices(site)[-1] == "lifted_by_support"
    assert reaches(site, tablet, "browser-session-3")
    assert site.validator.verify_audit().broken == ()


def test_a_report_holds_after_a_restart_a_rotation_and_when_the_clock_is_put_back(
    site: Site, phone: AppDevice, clock: VirtualClock, database: str
):
    report(site, phone)
    site.validator.rotate_key(actor="test")  # which ends the device's session
    phone.unlock()
    assert not reaches(site, phone)
    with Validator(database, MASTER, clock) as again:
        assert again.app.report("anna.holm") is not None
    clock.now -= 30 * DAY
    phone.unlock()
    assert not reaches(site, phone, "browser-session-3")
    assert phone.lift(phone.report())["accepted"]
    assert reaches(site, phone, "browser-session-4")
    assert site.validator.verify_audit().broken == ()


def test_it_is_lifted_with_the_pin_and_a_signature_about_that_report_alone(
    site: Site, phone: AppDevice, tablet: AppDevice
):
    asked = report(site, phone)
    path = f"/reports/{asked['id']}/lift"
    wrong = phone.signed_anew("kodebrik-lift-report-1", asked["id"], pin="9999")
    verdict = phone.ask("POST", path, wrong).json()
    assert (verdict["reason"], verdict["tries_left"]) == ("wrong_pin", 2)
    for purpose, what in (
        ("kodebrik-lift-report-1", "another-report"),
        ("kodebrik-remove-device-1", asked["id"]),
    ):
        body = phone.signed_anew(purpose, what)
        assert phone.ask("POST", path, body).json()["reason"] == "wrong_signature"
    body = phone.signed_anew("kodebrik-lift-report-1", "another-report")
    assert phone.ask("POST", "/reports/another-report/lift", body).status_code == 404
    assert phone.report()["id"] == asked["id"]
    stranger = site.device("bo.lund")
    assert stranger.lift(asked)["id"] == "report-unknown"
    body = tablet.signed_anew("kodebrik-lift-report-1", asked["id"])
    assert tablet.ask("POST", path, body).json()["accepted"]
    report(site, phone, "reported-session-2")
    assert tablet.ask("POST", path, body).json()["reason"] == "replayed"
    assert tablet.lift(asked)["id"] == "report-unknown"
    assert phone.report() is not None


def test_neither_a_blocked_device_nor_one_whose_session_is_over_lifts_it(
    site: Site, phone: AppDevice, tablet: AppDevice, clock: VirtualClock
):
    asked = report(site, phone)
    site.validator.block(phone.device, actor="test")
    assert phone.lift(asked)["reason"] == "blocked"
    clock.now += 30 * 60
    assert tablet.lift(asked)["id"] == "app-session-ended"
    assert site.validator.app.report("anna.holm") is not None


def test_a_session_from_before_the_report_lifts_it_with_the_pin_once(
    site: Site, phone: AppDevice, tablet: AppDevice
):
    asked = report(site, phone)
    assert tablet.lift(asked)["accepted"]
    assert phone.lift(asked)["id"] == "report-unknown"
    assert notices(site).count("lifted") == 1


def test_nobody_but_an_open_device_of_the_user_reports(
    site: Site, phone: AppDevice, tablet: AppDevice
):
    site.ask()
    (shown,) = phone.waiting()
    site.validator.block(phone.device, actor="test")
    assert phone.answer(shown, "report")["reason"] == "blocked"
    assert site.device("bo.lund").answer(shown, "report")["reason"] == "unknown"
    assert tablet.answer(shown | {"place": "Odense"}, "report")["reason"] == "wrong_signature"
    assert tablet.report() is None
    assert len(tablet.waiting()) == 1


def take_back(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    site.bank.delete(f"/v1/approvals/{asked['id']}")


def follow(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    site.ask()  # of the same session


def expire(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    clock.now += 301


def decline(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    assert tablet.answer(tablet.waiting()[0], "decline")["accepted"]


def approve(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    assert tablet.answer(tablet.waiting()[0], "approve", asked["digits"])["accepted"]


def use(site: Site, asked: dict, tablet: AppDevice, clock: VirtualClock) -> None:
    approve(site, asked, tablet, clock)
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": True}


@pytest.mark.parametrize(
    ("end", "before", "after"),
    [
        (take_back, "cancelled", "cancelled"),
        (follow, "cancelled", "cancelled"),
        (expire, "expired", "declined"),
        (decline, "declined", "declined"),
        (approve, "approved", "cancelled"),
        (use, "approved", "approved"),
    ],
)
def test_a_report_counts_of_what_ended_while_the_user_made_it(
    site: Site,
    phone: AppDevice,
    tablet: AppDevice,
    clock: VirtualClock,
    end: Callable[[Site, dict, AppDevice, VirtualClock], None],
    before: str,
    after: str,
):
    asked = site.ask()
    (shown,) = phone.waiting()
    end(site, asked, tablet, clock)
    assert site.state(asked) == before
    verdict = phone.answer(shown, "report")
    assert (verdict["accepted"], verdict["ended"]["state"]) == (True, after)
    assert site.state(asked) == after
    assert notices(site)[-1] == "reported"
    assert not reaches(site, phone)
    assert phone.report() == {
        "id": asked["id"],
        "reported_at": clock.now,
        "device": phone.device,
        "party_name": "Lillebælt Sparekasse",
        "text": asked["text"],
        "place": "",
        "state": after,
    }
    assert site.bank.post(f"/v1/approvals/{asked['id']}/use").json() == {"used": False}
    signed_in(site.client, site.keys["desk"])
    page = site.client.get("/admin/user?user_id=anna.holm", headers=HTML).text
    assert ("Det var godkendt og brugt" in page) == (after == "approved")
    assert phone.lift(phone.report())["accepted"]
    assert reaches(site, phone)
    assert site.validator.verify_audit().broken == ()


def test_who_reports_on_two_devices_at_once_has_reported_once(
    site: Site, phone: AppDevice, tablet: AppDevice
):
    first, second = site.ask(session="browser-session-1"), site.ask(session="browser-session-2")
    shown = phone.waiting()
    assert phone.answer(shown[0], "report")["ended"]["declined"] == 1
    again = tablet.answer(shown[1], "report")
    assert (again["accepted"], again["ended"]["declined"]) == (True, 0)
    assert [site.state(one) for one in (first, second)] == ["declined", "declined"]
    assert tablet.report()["id"] == first["id"]
    assert notices(site).count("reported") == 1


def test_what_a_report_ends_is_told_and_listed(
    site: Site, phone: AppDevice, tablet: AppDevice, clock: VirtualClock
):
    late, expired = site.ask(session="browser-session-1"), site.ask(session="browser-session-2")
    assert phone.answer(phone.waiting()[0], "approve", late["digits"])["accepted"]
    clock.now += 550
    unused = site.ask(session="browser-session-3")
    assert phone.answer(phone.waiting()[0], "approve", unused["digits"])["accepted"]
    clock.now += 60  # more than ten minutes after the first
    asked = [site.ask(session=f"browser-session-{number}") for number in (4, 5, 6)]
    verdict = tablet.answer(tablet.waiting()[0], "report")
    told = {"state": "declined", "declined": 2, "cancelled": 1, "signed_out": 0}
    assert verdict["ended"] == told
    states = [site.state(one) for one in (expired, unused, *asked)]
    assert states == ["expired", "cancelled", *["declined"] * 3]
    assert site.bank.post(f"/v1/approvals/{late['id']}/use").json() == {"used": False}
    entries = tablet.ask("GET", "/history").json()["entries"][:4]
    assert sorted((one["action"], one["approval"]) for one in entries) == sorted(
        [
            ("report", asked[0]["id"]),
            ("decline", asked[1]["id"]),
            ("decline", asked[2]["id"]),
            ("cancel", unused["id"]),
        ]
    )
    assert {one["name"] for one in entries} == {"Tavle"}


def test_a_report_that_is_sent_again_after_it_was_lifted_reports_nothing(
    site: Site, phone: AppDevice
):
    asked = site.ask()
    (shown,) = phone.waiting()
    body = phone.answer_body(shown, "report")
    assert phone.send_answer(asked["id"], body)["accepted"]
    assert phone.lift(phone.report())["accepted"]
    assert phone.send_answer(asked["id"], body)["reason"] == "replayed"
    assert phone.report() is None
    assert reaches(site, phone)


def test_what_another_worker_asks_while_the_user_reports_reaches_nobody(
    site: Site, phone: AppDevice, monkeypatch: pytest.MonkeyPatch
):
    report(site, phone)
    with monkeypatch.context() as patched:  # it was read before the report was written
        patched.setattr(reports, "has_reported", lambda unit, user: False)
        asked = site.ask()
    assert phone.waiting() == []
    row = {"id": asked["id"], "nonce": "", "party": "", "party_name": "", "kind": "sign_in"}
    shown = row | dict.fromkeys(("text", "amount", "account", "currency", "place"), "")
    shown |= {"user_id": "anna.holm", "created_at": int(asked["created_at"])}
    assert phone.answer(shown, "approve", asked["digits"])["reason"] == "unknown"
    assert phone.ask("POST", f"/approvals/{asked['id']}/extend").status_code == 404
    assert site.state(asked) == "waiting"
    phone.lift(phone.report())
    assert site.state(asked) == "cancelled"
    assert phone.waiting() == []


def test_what_was_reported_is_kept_until_it_is_lifted_and_no_longer(
    site: Site, phone: AppDevice, clock: VirtualClock
):
    asked = report(site, phone)
    clock.now += 2 * DAY
    site.ask(session="browser-session-2")
    assert site.state(asked) == "declined"
    site.api("desk").delete("/v1/reports/anna.holm")
    site.ask(session="browser-session-3")
    assert site.bank.get(f"/v1/approvals/{asked['id']}").status_code == 404
    site.validator.delete_user("anna.holm", actor="test")
    assert site.validator.verify_audit().broken == ()

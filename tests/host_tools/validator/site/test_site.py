"""The site without a browser: what protects its forms and cookies, and that its texts are whole."""

import hashlib
import re
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from host_tools.svg_plot import Labels
from host_tools.validator.http.settings import Settings
from host_tools.validator.operations import web_sessions
from host_tools.validator.records import DriftPoint, Role, SessionLimits
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from host_tools.validator.site import drift_plot
from tests.support.validator.application import Tokens
from tests.support.validator.clock import START, VirtualClock
from tests.support.validator.site import HTML, begin_sign_in, csrf, signed_in

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    "path",
    [
        *("/admin", "/admin/tokens", "/admin/token?serial=K1", "/admin/users"),
        *("/admin/user?user_id=anna.holm", "/admin/audit", "/admin/import", "/admin/keys"),
    ],
)
def test_nothing_of_the_administration_shows_before_signing_in(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"], answer.text) == (
        303,
        "/admin/login",
        "",
    )


def test_the_front_page_can_be_asked_whether_it_is_there(client: TestClient) -> None:
    there = client.head("/")
    assert (there.status_code, there.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_checkers_key_opens_no_administration(client: TestClient, keys: dict[Role, str]) -> None:
    form = csrf(client.get("/admin/login").text)
    answer = client.post("/admin/login", data={"csrf": form, "key": keys[Role.CHECKER]})
    assert answer.status_code == 422
    assert client.get("/admin").status_code == 303


def test_a_form_from_elsewhere_changes_nothing(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    signed_in(client, keys[Role.ADMINISTRATOR])
    for forged in ({}, {"csrf": ""}, {"csrf": "guess"}):
        answer = client.post("/admin/token", data={"serial": "K1", "action": "block", **forged})
        assert answer.status_code == 403
    assert validator.token("K1").status == "active"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/approve", "/activate", "/admin/login"])
def test_every_form_is_refused_without_its_token(client: TestClient, path: str) -> None:
    client.get(path)
    assert client.post(path, data={"csrf": "guess"}, headers=HTML).status_code in (200, 403)
    assert (
        "location" not in client.post(path, data={"csrf": "guess", "user_id": "anna.holm"}).headers
    )


def test_cookies_are_out_of_scripts_and_other_sites_reach(client: TestClient) -> None:
    plain = client.get("/sign-in").headers["set-cookie"].lower()
    assert "httponly" in plain
    assert "samesite=strict" in plain
    client.base_url = client.base_url.copy_with(scheme="https")
    sealed = client.get("/sign-in").headers["set-cookie"]
    assert sealed.startswith("__Host-")
    assert "secure" in sealed.lower()
    assert "max-age=31536000" in client.get("/sign-in").headers["strict-transport-security"]


def test_neither_cookie_nor_database_holds_the_api_key_or_a_usable_id(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    signed_in(client, keys[Role.ADMINISTRATOR])
    value = client.cookies["administration"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value), "256 random bits and nothing else"
    with validator._database.reading() as connection:
        (row,) = connection.execute(text("SELECT * FROM web_sessions")).mappings().all()
    assert row["hash"] == hashlib.sha256(value.encode()).digest()
    assert value not in str(dict(row))
    assert keys[Role.ADMINISTRATOR] not in str(dict(row))


def test_a_session_ends_when_it_was_not_used_for_an_hour(
    client: TestClient, keys: dict[Role, str], clock: VirtualClock
) -> None:
    signed_in(client, keys[Role.AUDITOR])
    for _ in range(3):
        clock.advance(3600 - 1)
        assert client.get("/admin").status_code == 200, "each use moves the end"
    clock.advance(3600)
    assert client.get("/admin").status_code == 303


def test_a_session_ends_after_a_day_however_often_it_is_used(
    client: TestClient, keys: dict[Role, str], clock: VirtualClock
) -> None:
    signed_in(client, keys[Role.AUDITOR])
    while clock() < START + 24 * 3600 - 1800:
        clock.advance(1800)
        statuses = {client.get("/admin").status_code}
    assert statuses == {200}
    clock.advance(1800)
    assert client.get("/admin").status_code == 303


def test_a_form_keeps_a_session_open_and_needs_its_token(
    client: TestClient, keys: dict[Role, str], clock: VirtualClock
) -> None:
    form = signed_in(client, keys[Role.AUDITOR])
    clock.advance(3500)
    assert client.post("/admin/session", data={"csrf": "guess"}).status_code == 403
    assert client.post("/admin/session", data={"csrf": form}).status_code == 204
    clock.advance(3500)
    assert client.get("/admin").status_code == 200


def test_rows_of_ended_sessions_are_cleared(
    client: TestClient, keys: dict[Role, str], validator: Validator, clock: VirtualClock
) -> None:
    def count() -> int:
        with validator._database.reading() as connection:
            return connection.execute(text("SELECT count(*) FROM web_sessions")).scalar_one()

    signed_in(client, keys[Role.AUDITOR])
    begin_sign_in(client, "anna.holm")
    assert count() == 2
    clock.advance(25 * 3600)
    client.cookies.clear()
    signed_in(client, keys[Role.AUDITOR])
    assert count() == 1
    validator.revoke_api_key(f"{Role.AUDITOR} key", actor="test")
    assert count() == 0


def test_a_revoked_key_ends_its_sessions_at_once_in_every_worker(
    app: FastAPI, client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    """Two applications on one database stand for two workers."""
    signed_in(client, keys[Role.AUDITOR])
    with validator._database.reading() as connection:
        url = str(connection.engine.url)
    with Validator(url, validator._keys._master, validator._clock) as other:
        worker = TestClient(
            create_app(other, app.state.settings),
            follow_redirects=False,
            cookies={"administration": client.cookies["administration"]},
        )
        assert worker.get("/admin").status_code == 200
        validator.revoke_api_key(f"{Role.AUDITOR} key", actor="test")
        assert worker.get("/admin").status_code == 303
        assert client.get("/admin").status_code == 303


def test_the_number_of_open_sign_ins_is_bounded(
    client: TestClient, validator: Validator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can begin one: the oldest ones make room."""
    monkeypatch.setattr(web_sessions, "MAX_SIGN_INS", 3)
    limits = SessionLimits(idle=3600, total=3600)
    opened = []
    for number in range(5):
        clock.advance(1)
        opened.append(validator.open_sign_in(f"user-{number}", "12345678", limits))
    assert [validator.sign_in(one) is not None for one in opened] == [False] * 2 + [True] * 3


def test_an_accepted_code_gives_the_visitor_a_fresh_session(
    client: TestClient, tokens: Tokens
) -> None:
    form = begin_sign_in(client, "anna.holm")
    before = client.cookies["sign-in"]
    answer = client.post("/sign-in/approve", data={"csrf": form, "code": tokens.code("K1")})
    assert answer.headers["location"] == "/sign-in/done"
    assert client.cookies["sign-in"] != before
    assert client.get("/sign-in/done").status_code == 200
    client.cookies.clear()
    client.cookies.set("sign-in", before)
    assert client.get("/sign-in/done").status_code == 303


def test_a_changed_cookie_is_no_cookie(client: TestClient, keys: dict[Role, str]) -> None:
    signed_in(client, keys[Role.ADMINISTRATOR])
    value = client.cookies["administration"]
    for changed in (value[:-6] + "AAAA==", "", "AAAA", "-" * 4000):
        client.cookies.clear()
        client.cookies.set("administration", changed)
        assert client.get("/admin").status_code == 303


def test_a_cookie_of_the_sign_in_opens_no_administration(client: TestClient) -> None:
    client.get("/sign-in")
    value = client.cookies["sign-in"]
    client.cookies.set("administration", value)
    assert client.get("/admin").status_code == 303


def test_a_revoked_key_ends_its_session(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    signed_in(client, keys[Role.AUDITOR])
    validator.revoke_api_key(f"{Role.AUDITOR} key", actor="test")
    assert client.get("/admin").status_code == 303


def test_signing_out_ends_the_session(client: TestClient, keys: dict[Role, str]) -> None:
    form = signed_in(client, keys[Role.AUDITOR])
    assert client.post("/admin/logout", data={"csrf": form}).headers["location"] == "/admin/login"
    assert client.get("/admin").status_code == 303


def test_a_copied_cookie_opens_nothing_after_signing_out(
    app: FastAPI, client: TestClient, keys: dict[Role, str]
) -> None:
    form = signed_in(client, keys[Role.ADMINISTRATOR])
    copied = client.cookies["administration"]
    thief = TestClient(app, follow_redirects=False, cookies={"administration": copied})
    assert thief.get("/admin").status_code == 200
    client.post("/admin/logout", data={"csrf": form})
    assert thief.get("/admin").headers["location"] == "/admin/login"
    assert (
        thief.post(
            "/admin/token", data={"csrf": form, "serial": "K1", "action": "block"}
        ).status_code
        == 303
    )
    signed_in(client, keys[Role.ADMINISTRATOR])
    assert thief.get("/admin").status_code == 303, "the owner's next session is another one"


def test_signing_in_makes_a_new_session(client: TestClient, keys: dict[Role, str]) -> None:
    """No fixation: neither the cookie nor the form token from before signing in is worth anything
    afterwards."""
    client.get("/admin/login")
    planted = client.cookies["administration"]
    form = signed_in(client, keys[Role.AUDITOR])
    assert csrf(client.get("/admin").text) == form
    client.cookies.clear()
    client.cookies.set("administration", planted)
    assert client.get("/admin").status_code == 303
    assert csrf(client.get("/admin/login").text) != form


def test_rotating_the_data_key_ends_all_sessions(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    signed_in(client, keys[Role.ADMINISTRATOR])
    validator.rotate_key(actor="test")
    assert client.get("/admin").status_code == 303
    signed_in(client, keys[Role.ADMINISTRATOR])


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "\n//x"],
)
def test_the_choice_of_language_redirects_only_within_the_site(
    client: TestClient, back: str
) -> None:
    location = client.get("/language/en", params={"back": back}).headers["location"]
    assert location.startswith("/")
    assert not re.match(r"/[/\\\s]", location)


def test_the_activation_letter_can_be_printed(
    client: TestClient, keys: dict[Role, str], validator: Validator, tokens: Tokens
) -> None:
    """In the user's language, whatever the operator's; and what stands in it activates the
    token."""
    validator.set_user("bo.lund", email=None, language="en", notify_on_use=False, actor="test")
    form = signed_in(client, keys[Role.HELP_DESK])
    shown = client.post(
        "/admin/token", data={"csrf": form, "serial": "K3", "action": "letter"}
    ).text
    fields = dict(
        re.findall(
            r'name="(serial|code|expires_at)" value="([^"]+)"',
            shown[shown.index("/admin/letter") :],
        )
    )
    answer = client.post("/admin/letter", data={"csrf": form, **fields})
    assert answer.headers["content-disposition"] == 'attachment; filename="letter-K3.html"'
    assert answer.headers["cache-control"] == "no-store"
    assert "testserver" not in answer.text
    for said in (
        "Activation code",
        "Go to the page where you sign in",
        "K3",
        "bo.lund",
        '<html lang="en">',
    ):
        assert said in answer.text
    (code,) = re.findall(r"<dd[^>]*>(\d{4} ?\d{4})</dd>", answer.text)
    assert validator.activate(
        "K3", [tokens.code("K3")], code, user_id="bo.lund", actor="test"
    ).accepted


def test_the_letter_names_the_configured_address_whatever_the_host_header(
    validator: Validator, keys: dict[Role, str], tokens: Tokens
) -> None:
    app = create_app(validator, Settings(public_url="https://codes.example/tokens"))
    with TestClient(app, follow_redirects=False) as client:
        fields = {"serial": "K3", "code": "1234 5678", "expires_at": "1802592000"}
        form = signed_in(client, keys[Role.HELP_DESK])
        headers = {"Host": "evil.example"}
        letter = client.post("/admin/letter", data={"csrf": form, **fields}, headers=headers).text
    assert "https://codes.example/tokens/activate" in letter
    assert "evil" not in letter


def test_auditors_get_no_letters_and_values_in_a_letter_are_escaped(
    client: TestClient, keys: dict[Role, str]
) -> None:
    markup = {"serial": "K3", "code": "<script>alert(1)</script>", "expires_at": "1802592000"}
    form = signed_in(client, keys[Role.AUDITOR])
    assert client.post("/admin/letter", data={"csrf": form, **markup}).status_code == 403
    client.cookies.clear()
    form = signed_in(client, keys[Role.HELP_DESK])
    assert "<script>" not in client.post("/admin/letter", data={"csrf": form, **markup}).text
    assert client.post("/admin/letter", data=markup).status_code == 403


def test_audit_entries_are_shown_in_words_and_local_times(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    validator.issue_activation_code("K3", actor="test")
    signed_in(client, keys[Role.AUDITOR])
    for path in ("/admin/audit", "/admin/token?serial=K3"):
        page = client.get(path).text
        assert "udløber: 14.02.2027 09.00 CET" in page  # START and 30 days
        assert "1802592000" not in page


def test_activation_does_not_reveal_which_users_and_tokens_exist(
    client: TestClient, validator: Validator
) -> None:
    """One answer for all that is wrong, and each try leaves its mark in the audit, nobody's too."""
    validator.issue_activation_code("K3", actor="test")
    client.get("/activate")
    known = {"user_id": "bo.lund", "serial": "K3", "activation_code": "00000000", "code": "123456"}
    answers = set()
    for changed in (
        {},
        {"user_id": "nobody.atall"},
        {"serial": "K9"},
        {"serial": "K4", "user_id": "carla.ny"},
    ):
        before = validator.audit().total
        given = known | changed
        form = csrf(client.get("/activate").text)
        answer = client.post("/activate", data={"csrf": form, **given})
        said = answer.text.replace(form, "")  # first, as a serial number can stand in it by chance
        said = said.replace(given["user_id"], "").replace(given["serial"], "")
        answers.add((answer.status_code, said))
        assert validator.audit().total == before + 1, changed
    assert len(answers) == 1
    assert validator.token("K3").activation_tries == 2


def test_roles_hold_in_the_administration(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    """An auditor sees and changes nothing; the help desk neither imports, deletes nor makes
    keys."""
    form = signed_in(client, keys[Role.AUDITOR])
    assert 'name="action"' not in client.get("/admin/token?serial=K1").text
    assert (
        client.post(
            "/admin/token", data={"csrf": form, "serial": "K1", "action": "block"}
        ).status_code
        == 403
    )
    client.cookies.clear()
    form = signed_in(client, keys[Role.HELP_DESK])
    assert client.get("/admin/import").status_code == 403
    assert client.get("/admin/keys").status_code == 403
    deletion = {"csrf": form, "serial": "K1", "action": "delete", "sure": "1"}
    assert client.post("/admin/token", data=deletion).status_code == 403
    assert validator.token("K1").status == "active"


def test_deletion_asks_for_confirmation(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    """WCAG 2.2, 3.3.4."""
    form = signed_in(client, keys[Role.ADMINISTRATOR])
    deletion = {"csrf": form, "serial": "K1", "action": "delete"}
    assert client.post("/admin/token", data=deletion).status_code == 422
    assert validator.token("K1").serial == "K1"
    assert client.post("/admin/token", data=deletion | {"sure": "1"}).status_code == 303
    assert validator.tokens(text="K1").total == 0


def test_what_users_write_is_shown_as_text(
    client: TestClient, keys: dict[Role, str], validator: Validator
) -> None:
    validator.block("K1", reason="<script>alert(1)</script>", actor="<i>me</i>")
    signed_in(client, keys[Role.AUDITOR])
    shown = client.get("/admin/token?serial=K1").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_nothing_is_loaded_from_elsewhere_and_no_script_stands_in_a_page(
    client: TestClient,
) -> None:
    for path in ("/", "/sign-in", "/activate", "/admin/login"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert not re.search(r'(src|href|action)="(https?:)?//', answer.text)
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", answer.text)


def test_the_language_link_returns_only_to_pages_of_the_site(client: TestClient) -> None:
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert client.get("/language/da", params={"back": elsewhere}).headers["location"] == "/"
    assert client.get("/language/da", params={"back": "/sign-in"}).headers["location"] == "/sign-in"


def test_sign_in_attempts_on_the_site_are_limited(validator: Validator, settings: Settings) -> None:
    slow = settings.model_copy(update={"guesses_per_minute": 5.0})
    client = TestClient(create_app(validator, slow), follow_redirects=False)
    form = begin_sign_in(client, "nobody.here")
    statuses = [
        client.post("/sign-in/approve", data={"csrf": form, "code": "000000"}).status_code
        for _ in range(8)
    ]
    assert statuses == [422] * 5 + [429] * 3


def test_the_drift_of_a_clock_is_drawn_where_it_was() -> None:
    """A clock that gains 1 s a day: the dots rise evenly from left to right, and zero stands where
    it must."""
    day = 86400.0
    points = [DriftPoint(day * n, float(n), n / 2) for n in range(11)]
    drawn = drift_plot.draw_drift(points, Labels("<Title>", "In words"), "da", ZoneInfo("UTC"))
    root = ElementTree.fromstring(drawn)
    places = [
        (float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.iter(f"{SVG}circle")
    ]
    assert len(places) == 11
    assert len({round(b[0] - a[0]) for a, b in pairwise(places)}) == 1
    assert len({round(a[1] - b[1]) for a, b in pairwise(places)}) == 1
    lines = {line.get("class"): line.attrib for line in root.iter(f"{SVG}line")}
    assert float(lines["zero"]["y1"]) == places[0][1] > places[-1][1]
    assert (float(lines["zero"]["x1"]), float(lines["zero"]["x2"])) == (
        places[0][0],
        places[-1][0],
    )
    written = [one.text for one in root.iter(f"{SVG}text")]
    assert written == [
        *("0", "2", "4", "6", "8", "10"),
        *("01.01.1970", "06.01.1970", "11.01.1970"),
    ]
    assert [root[0].text, root[1].text] == ["<Title>", "In words"]

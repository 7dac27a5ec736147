"""Notices: signed webhooks and mail to real servers on loopback, and an outbox that keeps a notice
until it is delivered or given up."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import ValidationError

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.exchange.key_package import KeyPackage
from host_tools.image import image
from host_tools.secret import Secret
from host_tools.validator import records
from host_tools.validator.errors import InvalidError
from host_tools.validator.notices import smtp, webhook
from host_tools.validator.notices.delivery import Channels, Delivery, deliver
from host_tools.validator.notices.smtp import MailServer
from host_tools.validator.notices.webhook import Webhook
from host_tools.validator.records import Notice, Product
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.limits import REAL_LIMIT
from tests.support.validator.application import Tokens, new_token
from tests.support.validator.clock import START, VirtualClock
from tests.support.validator.direct_app import ask, opened
from tests.support.validator.server import ServerFolder

SECRET = Secret(b"a webhook's secret, 24 bytes")


@dataclass
class Receiver:
    """A webhook's receiver: keeps what it gets, answers with `statuses` one by one, then 204."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 204)
            self.send_header("location", "/elsewhere")
            self.end_headers()
            kept.came.set()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/notices"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


class Mailbox:
    """aiosmtpd's handler: keeps the mail, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Any]] = []
        self.refusing = False

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, server: object, session: object, envelope: Any
    ) -> str:
        if self.refusing:
            return "451 4.3.0 come again"
        self.mails.append(
            (
                envelope.rcpt_tos,
                email.message_from_bytes(envelope.content, policy=email.policy.default),
            )
        )
        return "250 taken"


class AnyPort(Controller):
    """aiosmtpd's controller, on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, MailServer]]:
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield box, MailServer(host="127.0.0.1", port=controller.port, sender="tokens@example.dk")
    finally:
        controller.stop()


@pytest.fixture
def quiet(validator: Validator) -> Validator:
    """A validator whose outbox was emptied of what the fixtures' activations put there."""
    for notice in validator.due_notices(100):
        validator.notice_sent(notice)
    return validator


def use(validator: Validator, tokens: Tokens) -> None:
    """Use anna.holm's token, who wants to be told."""
    validator.set_user(
        "anna.holm", email="anna@example.dk", language="da", notify_on_use=True, actor="test"
    )
    assert validator.check_many([CheckRequest(code=tokens.code("K1"), user_id="anna.holm")])[
        0
    ].accepted


def test_a_webhook_is_signed_as_standard_webhooks_says(
    quiet: Validator, receiver: Receiver, tokens: Tokens
) -> None:
    """The signature is computed here from the specification's words."""
    use(quiet, tokens)
    assert deliver(quiet, Channels(Webhook(url=receiver.url, secret=SECRET), None), START) == 1
    headers, body = receiver.got[0]
    signed = headers["webhook-id"] + "." + headers["webhook-timestamp"] + "." + body.decode()
    mac = hmac.new(SECRET.reveal(), signed.encode(), hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac.digest()).decode()
    assert headers["webhook-timestamp"] == str(int(START))
    content = json.loads(body)
    assert content["type"] == "token.used"
    assert content["data"] == {
        "user_id": "anna.holm",
        "serial": "K1",
        "product": None,
        "language": "da",
    }


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_is_not_taken_comes_again_with_the_same_id(
    quiet: Validator, receiver: Receiver, tokens: Tokens, clock: VirtualClock, status: int
) -> None:
    use(quiet, tokens)
    receiver.statuses = [status]
    channels = Channels(Webhook(url=receiver.url, secret=SECRET), None)
    assert deliver(quiet, channels, clock()) == 0
    assert deliver(quiet, channels, clock()) == 0, "it was tried again at once"
    clock.advance(61)
    assert deliver(quiet, channels, clock()) == 1
    assert len(receiver.got) == 2
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    clock.advance(7 * 86400)
    assert deliver(quiet, channels, clock()) == 0, "a notice that was taken came again"


def test_notices_are_kept_while_the_receiver_is_unreachable(
    quiet: Validator, receiver: Receiver, tokens: Tokens, clock: VirtualClock
) -> None:
    use(quiet, tokens)
    nowhere = Webhook(url="http://127.0.0.1:9/closed", secret=SECRET)
    assert deliver(quiet, Channels(nowhere, None), clock()) == 0
    assert quiet.statistics().notices_waiting == 1
    clock.advance(61)
    assert deliver(quiet, Channels(Webhook(url=receiver.url, secret=SECRET), None), clock()) == 1
    assert quiet.statistics().notices_waiting == 0


def test_what_was_notified_long_before_there_was_a_channel_is_not_sent(
    quiet: Validator, receiver: Receiver, tokens: Tokens, clock: VirtualClock
) -> None:
    """Who sets up a channel sends the news of a day, not of a year."""
    quiet.block("K4", actor="test")
    clock.advance(86400)
    use(quiet, tokens)  # which removes what has waited for a day
    assert quiet.statistics().notices_waiting == 1
    clock.advance(86399)
    channels = Channels(Webhook(url=receiver.url, secret=SECRET), None)
    assert deliver(quiet, channels, clock()) == 1
    assert json.loads(receiver.got[0][1])["type"] == "token.used"
    quiet.block("K1", actor="test")
    clock.advance(86400)
    assert deliver(quiet, channels, clock()) == 0
    assert quiet.verify_audit().broken == ()


@pytest.mark.parametrize("language", ["da", "en"])
def test_mail_says_what_a_report_ends_and_who_lifted_it(
    quiet: Validator, tokens: Tokens, clock: VirtualClock, language: str
) -> None:
    quiet.set_user(
        "anna.holm", email="a@example.dk", language=language, notify_on_use=False, actor="test"
    )
    phone = opened(quiet, "anna.holm")
    for by_support in (False, True):
        ask(quiet, "anna.holm")
        assert phone.answer(phone.waiting()[0], "report").accepted
        if by_support:
            quiet.app.lift_report_for("anna.holm", actor="desk")
        else:
            phone.lift(quiet.app.report("anna.holm").id)
    with mail_server() as (box, server):
        deliver(quiet, Channels(None, server), clock())
    mails = [mail for _, mail in box.mails[-4:]]
    said = {
        "da": ("var brugt endnu, gælder ikke", "Du har ophævet", "Supporten har ophævet"),
        "en": ("not used yet does not count", "You have lifted", "Support has lifted"),
    }[language]
    assert said[0] in " ".join(mails[0].get_content().split())
    assert [mail["subject"].startswith(said[1]) for mail in mails] == [False, True, False, False]
    assert [mail["subject"].startswith(said[2]) for mail in mails] == [False] * 3 + [True]


def test_a_notice_claimed_by_a_killed_server_is_sent_later(
    quiet: Validator, receiver: Receiver, tokens: Tokens, clock: VirtualClock
) -> None:
    use(quiet, tokens)
    assert len(quiet.due_notices()) == 1  # and then nothing more is heard of who took it
    channels = Channels(Webhook(url=receiver.url, secret=SECRET), None)
    assert deliver(quiet, channels, clock()) == 0
    clock.advance(121)
    assert deliver(quiet, channels, clock()) == 1


def test_activation_is_always_notified(quiet: Validator, tokens: Tokens) -> None:
    quiet.set_user(
        "bo.lund", email="bo@example.dk", language="en", notify_on_use=False, actor="test"
    )
    quiet.activate_by_administrator("K3", actor="test")
    with mail_server() as (box, server):
        assert deliver(quiet, Channels(None, server), START) == 1
    recipients, mail = box.mails[0]
    assert recipients == ["bo@example.dk"]
    assert mail["subject"] == "Your token is activated"
    assert "K3" in mail.get_content()
    assert mail["auto-submitted"] == "auto-generated"


def test_mail_is_danish_for_danish_users_and_comes_again_when_refused(
    quiet: Validator, tokens: Tokens, clock: VirtualClock
) -> None:
    use(quiet, tokens)
    with mail_server() as (box, server):
        box.refusing = True
        assert deliver(quiet, Channels(None, server), clock()) == 0
        box.refusing = False
        clock.advance(61)
        assert deliver(quiet, Channels(None, server), clock()) == 1
    _, mail = box.mails[0]
    assert mail["subject"] == "Din kodebrik er brugt"
    assert "Giv aldrig dine koder til andre" in mail.get_content()
    assert "Tidspunkt: 15.01.2027 09.00 CET" in mail.get_content()
    assert mail["message-id"].endswith("@example.dk>")


@pytest.mark.parametrize(
    "address",
    [
        "bo@example.dk\r\nBcc: eve@example.com",
        "bo@example.dk\nSubject: Give your codes",
        "bo@example.dk, eve@example.com",
        "bo@example.dk>\r\nRCPT TO:<eve@example.com",
    ],
)
def test_an_address_with_more_than_an_address_is_refused_and_sends_nothing(
    quiet: Validator, tokens: Tokens, address: str
) -> None:
    with pytest.raises(InvalidError):
        quiet.set_user("anna.holm", email=address, language="da", notify_on_use=True, actor="test")
    use(quiet, tokens)
    notice = replace(quiet.due_notices()[0], email=address)  # if it were there all the same
    with mail_server() as (box, server):
        with pytest.raises(ValueError):  # noqa: PT011 - of the standard library
            smtp.send(server, notice)
        assert box.mails == []


def test_texts_in_a_notice_add_no_header(quiet: Validator, tokens: Tokens) -> None:
    use(quiet, tokens)
    serial = "K1\r\nBcc: eve@example.com\r\n.\r\nRCPT TO:<eve@example.com>"
    notice = replace(quiet.due_notices()[0], serial=serial)
    with mail_server() as (box, server):
        smtp.send(server, notice)
    recipients, mail = box.mails[0]
    assert recipients == ["anna@example.dk"]
    assert mail["bcc"] is None
    assert "Bcc: eve@example.com" in mail.get_content()


def test_a_webhook_that_redirects_is_not_followed(
    quiet: Validator, receiver: Receiver, tokens: Tokens
) -> None:
    use(quiet, tokens)
    notice, channel = quiet.due_notices()[0], Webhook(url=receiver.url, secret=SECRET)
    receiver.statuses = [302, 307, 308]
    for status in tuple(receiver.statuses):
        with pytest.raises(OSError, match=str(status)):
            webhook.post(channel, notice, START)
    assert len(receiver.got) == 3


@pytest.mark.parametrize(
    ("product", "language", "subject"),
    [
        (Product.KODEVISER, "da", "Din kodeviser er spærret"),
        (Product.KODEOPLAESER, "da", "Din kodeoplæser er spærret"),
        (Product.KODEVISER, "en", "Your display token is blocked"),
        (Product.KODEOPLAESER, "en", "Your speaking token is blocked"),
        (None, "da", "Din kodebrik er spærret"),
        (None, "en", "Your token is blocked"),
    ],
)
def test_mail_names_the_product_of_the_token(
    quiet: Validator, tokens: Tokens, product: Product | None, language: str, subject: str
) -> None:
    quiet.import_tokens([replace(new_token(tokens, "P1"), product=product)], actor="test")
    quiet.assign("P1", "dorte.vig", actor="test")
    quiet.set_user(
        "dorte.vig", email="d@example.dk", language=language, notify_on_use=False, actor="test"
    )
    quiet.block("P1", actor="test")
    with mail_server() as (box, server):
        assert deliver(quiet, Channels(None, server), START) == 1
    assert box.mails[0][1]["subject"] == subject


def test_the_product_comes_from_the_inventory_and_from_our_own_files_alone(tokens: Tokens) -> None:
    credential = new_token(tokens, "P1").credential
    for manufacturer, model, product in (
        ("kodebrik", "kodeoplaeser", Product.KODEOPLAESER),
        ("kodebrik", "kodeviser", Product.KODEVISER),
        ("kodebrik", "something else", None),
        ("Another maker", "kodeviser", None),
        (None, None, None),
    ):
        key = KeyPackage("P1", credential, manufacturer=manufacturer, model=model)
        assert records.new_token(key).product is product
    assert sorted(Product) == image.names("products")


def test_a_notice_that_no_channel_can_send_holds_up_no_other(
    quiet: Validator,
    receiver: Receiver,
    tokens: Tokens,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is wrong with one: here, a channel fails at it with no error of its own."""
    quiet.block("K4", actor="test")
    use(quiet, tokens)
    post = webhook.post

    def fails_at_the_first(channel: Webhook, notice: Notice, now: float) -> None:
        if notice.serial == "K4":
            raise LookupError
        post(channel, notice, now)

    monkeypatch.setattr(webhook, "post", fails_at_the_first)
    assert deliver(quiet, Channels(Webhook(url=receiver.url, secret=SECRET), None), clock()) == 1
    assert quiet.statistics().notices_waiting == 1


@pytest.mark.parametrize("failing", ["webhook", "mail server"])
def test_a_channel_that_fails_holds_up_no_other_and_each_takes_a_notice_once(
    quiet: Validator, receiver: Receiver, tokens: Tokens, clock: VirtualClock, failing: str
) -> None:
    use(quiet, tokens)
    with mail_server() as (box, server):
        channels = Channels(Webhook(url=receiver.url, secret=SECRET), server)
        receiver.statuses = [410] if failing == "webhook" else []
        box.refusing = failing == "mail server"
        assert deliver(quiet, channels, clock()) == 0
        assert (len(receiver.got), len(box.mails)) == (1, int(failing == "webhook"))
        box.refusing = False
        clock.advance(61)
        assert deliver(quiet, channels, clock()) == 1
    assert (len(receiver.got), len(box.mails)) == (1 + (failing == "webhook"), 1)
    assert channels.taken == {}


def test_the_log_says_in_words_why_a_notice_was_not_taken(
    quiet: Validator,
    receiver: Receiver,
    tokens: Tokens,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    use(quiet, tokens)
    (notice,) = quiet.due_notices()

    def told(channels: Channels) -> str:
        caplog.clear()
        monkeypatch.setattr(quiet, "due_notices", lambda: [notice])
        assert deliver(quiet, channels, START) == 0
        (line,) = caplog.messages
        return line.partition("not taken by the ")[2]

    def answers(refusal: Exception) -> None:
        def refuse(*_: object) -> None:
            raise refusal

        monkeypatch.setattr(smtplib.SMTP, "send_message", refuse)

    hooked = Channels(Webhook(url=receiver.url, secret=SECRET), None)
    receiver.statuses = [503]
    assert told(hooked) == "webhook (the answer is status 503); it is tried again later."
    monkeypatch.setattr(webhook, "_post", lambda *_: 1 // 0)
    assert told(hooked) == "webhook (a defect in making or sending it); it is tried again later."
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nowhere = Channels(None, MailServer(host="127.0.0.1", port=port, sender="a@example.dk"))
    assert told(nowhere) == "mail server (Connection refused); it is tried again later."
    with mail_server() as (_, server):
        mailed = Channels(None, server)
        for refusal, said in (
            (smtplib.SMTPRecipientsRefused({"anna@example.dk": (550, b"anna?")}), "answers 550"),
            (smtplib.SMTPDataError(554, b"anna?"), "answers 554"),
            (smtplib.SMTPServerDisconnected("anna?"), "does not go on as SMTP does"),
        ):
            answers(refusal)
            assert told(mailed) == f"mail server (the mail server {said}); it is tried again later."


def test_no_notice_holds_a_code_or_a_secret(
    quiet: Validator, receiver: Receiver, tokens: Tokens
) -> None:
    use(quiet, tokens)
    deliver(quiet, Channels(Webhook(url=receiver.url, secret=SECRET), None), START)
    body = receiver.got[0][1].decode()
    assert tokens.code("K1") not in body
    assert tokens.secrets["K1"].reveal().hex() not in body


def test_the_background_thread_delivers_and_stops(
    quiet: Validator, receiver: Receiver, tokens: Tokens
) -> None:
    use(quiet, tokens)
    delivery = Delivery(quiet, Channels(Webhook(url=receiver.url, secret=SECRET), None))
    delivery.start()
    assert receiver.came.wait(REAL_LIMIT)
    delivery.stop()
    assert not delivery.is_alive()
    assert quiet.statistics().notices_waiting == 0


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("ftp://host/", SECRET.reveal()),
        ("nonsense", SECRET.reveal()),
        ("http://192.0.2.7/", SECRET.reveal()),
        ("https://host/", b"short"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused_at_the_start(url: str, secret: bytes) -> None:
    with pytest.raises(ValidationError):
        Webhook(url=url, secret=Secret(secret))


def test_an_anchor_of_the_audit_goes_to_the_webhook(
    receiver: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    place = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    (tmp_path / "webhook.secret").write_bytes(SECRET.reveal())
    (tmp_path / "webhook.secret").chmod(0o600)
    settings = tmp_path / "notices.toml"
    settings.write_text(f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "webhook.secret"\n')
    command = ["audit", "anchor", "--json", "--database", place.database]
    command += ["--master-key", str(place.key_file)]
    assert main([*command, "--settings", str(settings)]) == ExitCode.OK
    said = json.loads(capsys.readouterr().out)
    ((headers, body),) = receiver.got
    assert (json.loads(body)["type"], json.loads(body)["data"]) == ("audit.anchor", said)
    timestamp = int(headers["webhook-timestamp"])
    right = webhook.signature(SECRET, headers["webhook-id"], timestamp, body)
    assert headers["webhook-signature"] == right
    receiver.statuses.append(500)
    assert main([*command, "--settings", str(settings)]) == ExitCode.FILE
    assert "did not take the anchor" in json.loads(capsys.readouterr().out)["error"]
    assert main([*command, "--settings", str(place.settings)]) == ExitCode.BAD_INPUT
    assert "no section [webhook]" in json.loads(capsys.readouterr().out)["error"]

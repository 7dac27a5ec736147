"""Notices by mail (RFC 5321), in the user's language; encrypted on the way unless the server is on
this machine."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.notices.reach import on_this_machine
from host_tools.validator.records import Notice, NoticeKind

_PATIENCE = 10.0  # seconds

SUBJECTS = {
    "da": {
        NoticeKind.ACTIVATED: "Din kodeviser er aktiveret",
        NoticeKind.USED: "Din kodeviser er brugt",
        NoticeKind.BLOCKED: "Din kodeviser er spærret",
    },
    "en": {
        NoticeKind.ACTIVATED: "Your code token is activated",
        NoticeKind.USED: "Your code token was used",
        NoticeKind.BLOCKED: "Your code token is blocked",
    },
}
BODIES = {
    "da": (
        "{subject}.\n\nSerienummer: {serial}\nTidspunkt: {at} (UTC)\n\n"
        "Var det ikke dig? Kontakt straks supporten. Giv aldrig dine koder til andre.\n"
    ),
    "en": (
        "{subject}.\n\nSerial number: {serial}\nTime: {at} (UTC)\n\n"
        "Was this not you? Contact support at once. Never give your codes to anyone.\n"
    ),
}


@dataclass(frozen=True)
class MailServer:
    """The mail server that takes the notices, and who they come from."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: Secret | None = None

    def __post_init__(self) -> None:
        """Raise KodebrikError for a sender that is no mail address."""
        try:
            Address(addr_spec=self.sender)
        except ValueError:
            raise KodebrikError(
                f"{self.sender} is no mail address.",
                "Give one like tokens@example.dk.",
                ExitCode.BAD_INPUT,
            ) from None


def compose(server: MailServer, notice: Notice) -> EmailMessage:
    """Write the mail. Its Message-ID is the notice's, so that mail that was sent twice can be
    told."""
    language = notice.language if notice.language in SUBJECTS else "en"
    at = datetime.fromtimestamp(notice.at, UTC)
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = notice.email
    mail["Subject"] = SUBJECTS[language][notice.kind]
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<notice-{notice.id}@{server.sender.partition('@')[2]}>"
    mail["Content-Language"] = language
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing may answer it by itself
    mail.set_content(
        BODIES[language].format(
            subject=SUBJECTS[language][notice.kind],
            serial=notice.serial,
            at=at.strftime("%Y-%m-%d %H:%M"),
        )
    )
    return mail


def send(server: MailServer, notice: Notice) -> None:
    """Hand the mail over; OSError or SMTPException (which is one) when the server does not take
    it."""
    with smtplib.SMTP(server.host, server.port, timeout=_PATIENCE) as connection:
        if not on_this_machine(server.host):
            connection.starttls(context=ssl.create_default_context())
        if server.user and server.password:
            connection.login(server.user, server.password.reveal().decode())
        connection.send_message(compose(server, notice))

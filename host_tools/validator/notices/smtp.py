"""Notices by mail (RFC 5321), in the user's language; encrypted on the way unless the server is on
this machine."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from host_tools.messages.catalogue import ENGLISH, LANGUAGES, Message, text
from host_tools.validator.formatting import DEFAULT_ZONE, local_time
from host_tools.validator.notices.loopback import is_loopback
from host_tools.validator.product_names import product_name
from host_tools.validator.records import Notice, NoticeKind
from host_tools.validator.settings_section import Port, SecretFile, Section

_TIMEOUT = 10.0  # seconds


class MailServer(Section):
    """The mail server that takes the notices, and who they come from."""

    host: str
    port: Port = 587
    sender: str
    user: str | None = None
    password: Annotated[SecretFile | None, Field(validation_alias="password_file")] = None

    @field_validator("sender")
    @classmethod
    def _check_sender(cls, sender: str) -> str:
        try:
            Address(addr_spec=sender)
        except ValueError:
            raise ValueError(Message("settings-mail-address")) from None
        return sender


def compose(server: MailServer, notice: Notice, zone: ZoneInfo = DEFAULT_ZONE) -> EmailMessage:
    """Write the mail; ValueError when the notice's address is not one address. The Message-ID is
    derived from the notice's id, so that duplicates can be recognised."""
    language = notice.language if notice.language in LANGUAGES else ENGLISH
    product = product_name(notice.product)
    subject = text(language, "notice." + notice.kind, product=product)
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = Address(addr_spec=notice.email or "")
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(notice.at, UTC))
    mail["Message-ID"] = f"<notice-{notice.id}@{server.sender.partition('@')[2]}>"
    mail["Content-Language"] = language
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing may answer it by itself
    facts = (
        text(language, "notice.serial", serial=notice.serial),
        text(language, "notice.time", time=local_time(notice.at, language, zone)),
    )
    reported = notice.kind is NoticeKind.REPORTED
    ended = (text(language, "notice-report-ends"), "") if reported else ()
    care = text(language, "notice.care")
    mail.set_content("\n".join([f"{subject}.", "", *facts, "", *ended, care, ""]))
    return mail


def send(server: MailServer, notice: Notice, zone: ZoneInfo = DEFAULT_ZONE) -> None:
    """Hand the mail over; OSError when the server does not take it, which names no address."""
    mail = compose(server, notice, zone)
    try:
        with smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT) as connection:
            if not is_loopback(server.host):
                connection.starttls(context=ssl.create_default_context())
            if server.user and server.password:
                connection.login(server.user, server.password.reveal().decode())
            connection.send_message(mail)
    except smtplib.SMTPResponseException as error:
        raise OSError(Message("mail-refused", status=error.smtp_code)) from None
    except smtplib.SMTPRecipientsRefused as error:
        ((status, _),) = error.recipients.values()
        raise OSError(Message("mail-refused", status=status)) from None
    except smtplib.SMTPException:
        raise OSError(Message("mail-no-smtp")) from None

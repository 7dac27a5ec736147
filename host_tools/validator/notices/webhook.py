"""Notices and audit anchors by webhook, signed by Standard Webhooks 1.0.0
(github.com/standard-webhooks/standard-webhooks).

The receiver checks `webhook-signature` = "v1," + base64(HMAC-SHA256(secret, id "." timestamp "."
body)), refuses old timestamps, and ignores an id that it has already processed: delivery is at
least once.
"""

import base64
import email.message
import hmac
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO, Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from host_tools.messages.catalogue import Message
from host_tools.secret import Secret
from host_tools.validator.notices.loopback import is_loopback
from host_tools.validator.records import AuditAnchor, Notice
from host_tools.validator.settings_section import SecretFile, Section

_PATIENCE = 10.0  # seconds
MIN_SECRET = 24  # bytes, as Standard Webhooks asks


class Webhook(Section):
    """Where notices are posted to, and the secret that signs them."""

    url: str
    secret: Annotated[SecretFile, Field(validation_alias="secret_file")]

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(Message("settings-url"))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(Message("settings-url-encrypted"))
        return url

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: Secret) -> Secret:
        if len(secret) < MIN_SECRET:
            raise ValueError(Message("settings-webhook-secret", least=MIN_SECRET, size=len(secret)))
        return secret


def signature(secret: Secret, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign one message; `timestamp` in Unix seconds."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret.reveal(), signed, "sha256")).decode()


def post(webhook: Webhook, notice: Notice, now: float) -> None:
    """Post one notice; OSError when the receiver does not take it with a status of 2xx. Blocks for
    up to 10 s."""
    data = {
        "user_id": notice.user_id,
        "serial": notice.serial,
        "product": notice.product,
        "language": notice.language,
    }
    _post(webhook, f"notice-{notice.id}", _content(f"token.{notice.kind}", notice.at, data), now)


def post_anchor(webhook: Webhook, anchor: AuditAnchor, now: float) -> None:
    """Post an anchor of the audit; OSError and duration as for post()."""
    content = _content("audit.anchor", anchor.at, asdict(anchor))
    _post(webhook, f"anchor-{anchor.sequence}", content, now)


def _content(kind: str, at: float, data: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": kind, "timestamp": datetime.fromtimestamp(at, UTC).isoformat(), "data": data}


def _post(webhook: Webhook, message_id: str, content: Mapping[str, object], now: float) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    request = urllib.request.Request(  # noqa: S310 - Webhook took http and https alone
        webhook.url,
        body,
        {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": signature(webhook.secret, message_id, int(now), body),
        },
    )
    try:
        with _opener.open(request, timeout=_PATIENCE) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(Message("webhook-status", status=error.code)) from None
    except urllib.error.URLError as error:  # around what the system or TLS says
        raise error.reason if isinstance(error.reason, OSError) else error from None
    except http.client.HTTPException:
        raise OSError(Message("webhook-no-http")) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Treats a redirect as a failure: it would carry the notice to an address that nobody
    configured."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as urllib calls it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: email.message.Message,
        newurl: str,
    ) -> None:
        raise urllib.error.HTTPError(req.full_url, code, "redirected elsewhere", headers, fp)


_opener = urllib.request.build_opener(_NoRedirect)

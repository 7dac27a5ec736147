"""Cookies that name a session by its opaque random id, and the form tokens (CSRF) derived from it.

Whoever opens a page with a form gets an id, also before there is a session: their form token is
HMAC-SHA256 of the id. A session gets a fresh id from the validator when it is opened, so an id that
somebody planted before is worth nothing after (no session fixation).
"""

import base64
import hmac
import re
from dataclasses import dataclass
from typing import Literal

from fastapi import HTTPException, Request, Response

from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

_ID = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes as base64url


@dataclass(frozen=True)
class SessionCookie:
    """One kind of session cookie; it ends with the browser, and scripts cannot read it. With
    `same_site` "lax" it is sent along when another site's link or redirect opens a page here."""

    name: str
    same_site: Literal["strict", "lax"] = "strict"

    def read(self, request: Request) -> Secret | None:
        """Give the id in the request's cookie; None without one, or when it is no id."""
        value = request.cookies.get(self._name_for(request), "")
        return Secret(value.encode()) if _ID.fullmatch(value) else None

    def write(self, request: Request, response: Response, session_id: Secret) -> None:
        """Set the cookie; one that was set over HTTPS is never sent over plain HTTP."""
        response.set_cookie(
            self._name_for(request),
            session_id.reveal().decode(),
            secure=_is_encrypted(request),
            httponly=True,
            samesite=self.same_site,
            path="/",
        )

    def delete(self, request: Request, response: Response) -> None:
        """Remove the cookie."""
        response.delete_cookie(
            self._name_for(request),
            secure=_is_encrypted(request),
            httponly=True,
            samesite=self.same_site,
        )

    def _name_for(self, request: Request) -> str:
        return f"__Host-{self.name}" if _is_encrypted(request) else self.name


ADMINISTRATION = SessionCookie("administration")
SIGN_IN = SessionCookie("sign-in")
OPENID = SessionCookie("openid", "lax")


def form_token(session_id: Secret) -> str:
    """Give the token that the forms of a session carry: 43 characters."""
    mac = hmac.digest(session_id.reveal(), b"form token", "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def check_form(session_id: Secret | None, given: str) -> None:
    """Raise HTTP error 403 unless a form carries the token of its session."""
    expected = "" if session_id is None else form_token(session_id)
    if session_id is None or not hmac.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(403, Message("form-foreign"))


def _is_encrypted(request: Request) -> bool:
    return request.url.scheme == "https"

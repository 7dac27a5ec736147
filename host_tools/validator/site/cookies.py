"""Cookies that only this server can read or change (AES-256-GCM), and the tokens of their forms
(CSRF).

A worker keeps nothing about a visitor: every worker of a database opens the cookies of the others.
"""

import base64
import hmac
import json
import secrets
import time
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import HTTPException, Request, Response

from host_tools.secret import Secret

# WCAG 2.2, 2.2.1: a limit of more than 20 hours need not be announced. Signing out, or revoking the
# API key, ends one.
LIFETIME = 24 * 3600  # seconds
_NONCE = 12  # bytes


class Seal:
    """Seals one kind of cookie; `name` keeps the kinds apart."""

    def __init__(self, key: Secret, name: str) -> None:
        """`key` has 32 bytes."""
        self._cipher = AESGCM(key.reveal())
        self._name = name

    def read(self, request: Request) -> dict[str, Any] | None:
        """Give what the cookie holds; None without one, for one that was changed, and for one that
        is too old."""
        sealed = request.cookies.get(self._cookie(request), "")
        try:
            raw = base64.urlsafe_b64decode(sealed.encode())
            plain = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], self._name.encode())
        except (ValueError, InvalidTag):  # binascii.Error and UnicodeEncodeError are ValueErrors
            return None
        content: dict[str, Any] = json.loads(plain)
        return content if time.time() - content["at"] < LIFETIME else None

    def write(self, request: Request, response: Response, content: dict[str, Any]) -> None:
        """Set the cookie. It ends with the browser; over HTTPS no plain connection ever carries
        it."""
        nonce = secrets.token_bytes(_NONCE)
        plain = json.dumps({"csrf": new_token(), **content, "at": time.time()}).encode()
        sealed = base64.urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, plain, self._name.encode())
        ).decode()
        response.set_cookie(
            self._cookie(request),
            sealed,
            secure=_encrypted(request),
            httponly=True,
            samesite="strict",
            path="/",
        )

    def drop(self, request: Request, response: Response) -> None:
        """Remove the cookie."""
        response.delete_cookie(
            self._cookie(request), secure=_encrypted(request), httponly=True, samesite="strict"
        )

    def _cookie(self, request: Request) -> str:
        return f"__Host-{self._name}" if _encrypted(request) else self._name


def new_token() -> str:
    """Draw a token for the forms of one visit."""
    return secrets.token_urlsafe(16)


def check_form(content: dict[str, Any], given: str) -> None:
    """HTTP error 403 unless a form carries its cookie's token."""
    if not hmac.compare_digest(str(content["csrf"]).encode(), given.encode()):
        raise HTTPException(403, "This form was not sent from its own page. Open the page again.")


def _encrypted(request: Request) -> bool:
    return request.url.scheme == "https"

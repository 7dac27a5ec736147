"""Requests and answers between Authlib and the routes, which know each other by these alone."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

Headers = Sequence[tuple[str, str]]


class ProviderRequest(OAuth2Request):
    """A request to the provider: each of its parameters has one value."""

    def __init__(
        self, method: str, uri: str, values: Mapping[str, str], authorization: str = ""
    ) -> None:
        """`uri` is of the provider as its issuer names it; `authorization` is the header."""
        super().__init__(method, uri, headers={"Authorization": _readable(authorization)})
        self.values = dict(values)
        self.payload = BasicOAuth2Payload(self.values)

    @property
    def args(self) -> dict[str, str]:
        """Give the parameters."""
        return self.values

    @property
    def form(self) -> dict[str, str]:
        """Give the parameters."""
        return self.values


@dataclass
class ProviderAnswer:
    """What the provider answers: a redirect where there is a `location`."""

    status: int
    body: dict[str, str | int]
    headers: list[tuple[str, str]] = field(default_factory=list)
    location: str | None = None


def answer(status: int, body: object, headers: Headers) -> ProviderAnswer:
    """Take an answer as Authlib gives it."""
    location = next((value for name, value in headers if name == "Location"), None)
    kept = [(name, value) for name, value in headers if name == "WWW-Authenticate"]
    given = dict(body) if isinstance(body, (dict, list)) else {}
    return ProviderAnswer(status, given, kept, location)


def _readable(header: str) -> str:
    """Give a header of Basic authentication back if it can be decoded; nothing of any other."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return header

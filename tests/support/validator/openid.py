"""An OpenID provider for tests, and an application that asks it as a browser and a program do."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from fastapi.testclient import TestClient

from host_tools.validator.http.settings import Settings
from host_tools.validator.openid.settings import OpenId
from tests.support.validator.site import csrf

ISSUER = "https://codes.example.org"
SECRET = "s3cret-of-the-shop"
BACK = "https://shop.example.org/back"
LEFT = "https://shop.example.org/"
DEVICE_BACK = "http://127.0.0.1:9999/back"
CLIENTS: dict[str, dict[str, object]] = {
    "shop": {
        "name": "Butikken på hjørnet",
        "redirect_uris": [BACK, "https://shop.example.org/back?from=codes"],
        "post_logout_redirect_uris": [LEFT],
        "secret_sha256": sha256(SECRET.encode()).hexdigest(),
        "user_id": True,
    },
    "device": {"name": "Program", "redirect_uris": [DEVICE_BACK]},
    "bank": {
        "name": "Banken",
        "redirect_uris": ["https://bank.example.org/back"],
        "secret_sha256": sha256(b"other").hexdigest(),
    },
}
CLIENTS["rsa-shop"] = CLIENTS["shop"] | {"id_token_signed_response_alg": "RS256"}


def settings(issuer: str = ISSUER, clients: Mapping[str, object] = CLIENTS) -> Settings:
    openid = OpenId.model_validate({"issuer": issuer, "clients": clients})
    return Settings(guesses_per_minute=600.0, openid=openid)


def challenge_of(verifier: str) -> str:
    digest = sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def query_of(location: str) -> dict[str, str]:
    """Give the parameters of an address; each stands there once."""
    found = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), location
    return {name: values[0] for name, values in found.items()}


@dataclass
class Application:
    """A relying party with its user's browser, which both speak to the server by `client`."""

    client: TestClient
    client_id: str = "shop"
    secret: str | None = SECRET
    address: str = BACK

    def __post_init__(self) -> None:
        self.verifier = secrets.token_urlsafe(32)

    def request(self, **changed: str | None) -> dict[str, str]:
        """Give a right authorization request, with changes; None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.address,
            "scope": "openid profile",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changed).items() if value is not None}

    def ask(self, **changed: str | None) -> httpx2.Response:
        """Come to the provider."""
        return self.client.get("/openid/authorize", params=self.request(**changed))

    def sign_in(self, user_id: str, code: str, pin: str = "", **changed: str) -> httpx2.Response:
        """Come to the provider and give user-ID and code; give the answer to the code."""
        query = urlencode(self.request(**changed))
        form = {"csrf": csrf(self.ask(**changed).text), "user_id": user_id}
        answer = self.client.post(f"/openid/sign-in?{query}", data=form)
        assert answer.status_code == 303, answer.text
        page = self.client.get(answer.headers["location"])
        form = {"csrf": csrf(page.text), "code": code, "pin": pin}
        return self.client.post(f"/openid/sign-in/code?{query}", data=form)

    def redeem(self, code: str, **changed: str | None) -> httpx2.Response:
        """Present a code at the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.address,
            "code_verifier": self.verifier,
        }
        if self.secret is None:
            form["client_id"] = self.client_id
        form = {name: value for name, value in (form | changed).items() if value is not None}
        authenticated = None if self.secret is None else (self.client_id, self.secret)
        return self.client.post("/openid/token", data=form, auth=authenticated)

    def info(self, token: str) -> httpx2.Response:
        return self.client.get("/openid/userinfo", headers={"Authorization": f"Bearer {token}"})

"""Applications on other people's OpenID Connect libraries sign people in at our server, over TLS:
openid-client (npm), by the example of docs/openid.md, and idpyoidc (PyPI)."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from host_tools.validator.http.settings import Settings
from host_tools.validator.openid.settings import OpenId
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from host_tools.web_server import LOOPBACK, listen, serving
from tests.support.browser import self_signed
from tests.support.command_line.program import run
from tests.support.limits import REAL_LIMIT
from tests.support.validator.application import Tokens, new_token
from tests.support.validator.database import MASTER, create_tables
from tests.support.validator.direct_app import opened
from tests.support.validator.site import csrf

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "relying-parties"
DOCS = (ROOT / "docs" / "openid.md").read_text()
NODE = shutil.which("node")
MODULE = FOLDER / "node_modules" / "openid-client" / "build" / "index.js"
LIBRARY = FOLDER / "python"
ABSENT = "openid-client or idpyoidc is not installed; 'make test' does it"
needs_openid_client = pytest.mark.skipif(NODE is None or not MODULE.exists(), reason=ABSENT)
needs_idpyoidc = pytest.mark.skipif(not LIBRARY.exists(), reason=ABSENT)


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", DOCS, re.DOTALL)
    assert found, name
    return found[1]


@dataclass
class Provider:
    """A server with the applications of docs/openid.md, on this machine's time."""

    issuer: str
    secret: str
    address: str
    certificate: Path
    tokens: Tokens
    validator: Validator

    def browse(self, address: str, code: str) -> str:
        """Sign in as a browser does; give the address that it is sent back to."""
        with httpx2.Client(base_url=self.issuer, verify=False, timeout=REAL_LIMIT) as browser:
            query = urlsplit(address).query
            form = {"csrf": csrf(browser.get(address).text), "user_id": "anna.holm"}
            begun = browser.post(f"/openid/sign-in?{query}", data=form)
            form = {"csrf": csrf(browser.get(begun.headers["location"]).text), "code": code}
            return browser.post(f"/openid/sign-in/code?{query}", data=form).headers["location"]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    drawn = json.loads(run("server", "openid-secret", "--json").stdout)
    clients = tomllib.loads(example("settings"))["openid"]["clients"]
    clients["shop"]["secret_sha256"] = drawn["secret_sha256"]
    clients["rsa-shop"] = clients["shop"] | {"id_token_signed_response_alg": "RS256"}
    certificate = self_signed(tmp_path / "tls.pem")
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    create_tables(url)
    listener = listen(LOOPBACK, 0)
    issuer = f"https://{LOOPBACK}:{listener.getsockname()[1]}"
    openid = OpenId.model_validate({"issuer": issuer, "clients": clients})
    tokens = Tokens(time.time)
    with Validator(url, MASTER) as validator:
        made = new_token(tokens, "K1")
        validator.import_tokens([made], actor="test")
        validator.assign("K1", "anna.holm", actor="test")
        validator.activate_by_administrator("K1", actor="test")
        app = create_app(validator, Settings(openid=openid))
        with serving(app, listener, ssl_certfile=certificate):
            address = clients["shop"]["redirect_uris"][0]
            yield Provider(issuer, drawn["secret"], address, certificate, tokens, validator)


@contextmanager
def application(folder: Path, *command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run an application in a folder: idpyoidc writes keys of its own into it."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str]) -> dict:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def goes_back(process: subprocess.Popen[str], address: str) -> dict:
    """Hand the application the address that its user's browser came back to."""
    assert process.stdin is not None
    process.stdin.write(address + "\n")
    process.stdin.flush()
    return says(process)


@contextmanager
def openid_client(
    provider: Provider, folder: Path, name: str = "relying party"
) -> Iterator[subprocess.Popen[str]]:
    example_file = folder / "example.js"
    example_file.write_text(example(name))
    script = Path(__file__).with_name("openid_client_rp.mjs")
    given = [str(MODULE), str(example_file), provider.issuer, provider.secret, provider.address]
    certificate = str(provider.certificate)
    with application(
        folder, str(NODE), str(script), *given, NODE_EXTRA_CA_CERTS=certificate
    ) as process:
        yield process


@contextmanager
def idpyoidc(
    provider: Provider, folder: Path, name: str, algorithm: str
) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("idpyoidc_rp.py")
    given = [provider.issuer, name, provider.secret, provider.address, str(provider.certificate)]
    given.append(algorithm)
    with application(
        folder, sys.executable, str(script), *given, PYTHONPATH=str(LIBRARY)
    ) as process:
        yield process


@needs_openid_client
def test_openid_client_signs_somebody_in_and_out(provider: Provider, tmp_path: Path):
    with openid_client(provider, tmp_path) as shop:
        back = provider.browse(says(shop)["address"], provider.tokens.code("K1"))
        found = goes_back(shop, back)
    claims = found["claims"]
    assert (claims["acr"], claims["amr"]) == ("urn:kodebrik:acr:otp", ["otp"])
    assert found["info"] == {"sub": claims["sub"], "preferred_username": "anna.holm"}
    assert (claims["iss"], claims["aud"]) == (provider.issuer, "shop")
    left = httpx2.get(found["ended"], verify=False)  # of somebody who has no session here
    assert left.headers["location"] == "https://shop.example.org/"


@needs_openid_client
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iss": "https://evil.example"}, "iss"),  # mix-up
        ({"iss": None}, "iss"),
        ({"state": "other"}, "state"),
        ({"code": "other"}, ""),
    ],
)
def test_openid_client_refuses_an_answer_that_was_altered(
    provider: Provider, tmp_path: Path, changed: dict, reason: str
):
    with openid_client(provider, tmp_path) as shop:
        back = urlsplit(provider.browse(says(shop)["address"], provider.tokens.code("K1")))
        values = dict(parse_qsl(back.query)) | changed
        query = urlencode({name: value for name, value in values.items() if value is not None})
        found = goes_back(shop, back._replace(query=query).geturl())
    assert "claims" not in found
    assert found["error"]
    assert reason in found["reason"]


@needs_openid_client
@pytest.mark.parametrize("decision", ["approve", "decline"])
def test_openid_client_asks_somebody_who_is_not_there(
    provider: Provider, tmp_path: Path, decision: str
):
    phone = opened(provider.validator, "anna.holm")
    with openid_client(provider, tmp_path, "backchannel") as shop:
        digits = says(shop)["digits"]
        (shown,) = phone.waiting()
        assert (shown.party_name, shown.text) == ("The corner shop", "Order 4711, 2,300 kr.")
        typed = digits if decision == "approve" else ""
        assert phone.answer(shown, decision, typed).accepted
        found = goes_back(shop, "done")
    if decision == "decline":
        assert found["error"] == "access_denied"
        return
    assert found["claims"]["acr"] == "urn:kodebrik:acr:app"
    assert found["info"] == {"sub": found["claims"]["sub"], "preferred_username": "anna.holm"}


@needs_idpyoidc
@pytest.mark.parametrize(("name", "algorithm"), [("shop", "ES256"), ("rsa-shop", "RS256")])
def test_idpyoidc_signs_somebody_in(provider: Provider, tmp_path: Path, name: str, algorithm: str):
    with idpyoidc(provider, tmp_path, name, algorithm) as shop:
        back = provider.browse(says(shop)["address"], provider.tokens.code("K1"))
        found = goes_back(shop, back)
    assert (found["acr"], found["amr"]) == ("urn:kodebrik:acr:otp", ["otp"])
    assert found["info"] == {"sub": found["sub"], "preferred_username": "anna.holm"}

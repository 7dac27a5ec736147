"""The OpenID provider of a real server with two workers: what one of them has given, the other
takes."""

import time
from hashlib import sha256
from pathlib import Path

import httpx2

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from tests.support.limits import REAL_LIMIT
from tests.support.validator.openid import BACK, ISSUER, SECRET, Application, query_of
from tests.support.validator.server import ServerFolder
from tests.support.validator.tokens import secret_of

SETTINGS = f"""
[openid]
issuer = "{ISSUER}"

[openid.clients.shop]
name = "Shop"
redirect_uris = ["{BACK}"]
secret_sha256 = "{sha256(SECRET.encode()).hexdigest()}"
"""


def test_two_workers_are_one_provider(tmp_path: Path):
    folder = ServerFolder(tmp_path, f"sqlite:///{tmp_path / 'validator.db'}")
    folder.settings.write_text(folder.settings.read_text() + SETTINGS)
    credential = Credential("K1", Secret(secret_of("K1")))
    with folder.open() as validator:
        validator.import_tokens([NewToken("K1", credential)], actor="test")
        validator.assign("K1", "anna.holm", actor="test")
        validator.activate_by_administrator("K1", actor="test")
    with folder.server("--workers", "2") as server:
        # Each request on a connection of its own, so that either worker may get it.
        limits = httpx2.Limits(max_keepalive_connections=0)
        with httpx2.Client(base_url=server.url, limits=limits, timeout=REAL_LIMIT) as client:
            shop = Application(client)  # type: ignore[arg-type]
            answer = shop.sign_in("anna.holm", credential.code(int(time.time())))
            assert answer.status_code == 303, answer.text
            codes = [query_of(answer.headers["location"])["code"]]
            codes += [query_of(shop.ask().headers["location"])["code"] for _ in range(8)]
            for code in codes:
                access = shop.redeem(code).json()["access_token"]
                assert set(shop.info(access).json()) == {"sub"}
                assert shop.redeem(code).json()["error"] == "invalid_grant"
                assert shop.info(access).status_code == 401
    with folder.open() as validator:
        assert len(validator.openid.published_keys()) == 2  # one for each algorithm
        assert validator.verify_audit().broken == ()

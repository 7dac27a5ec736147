"""An application on idpyoidc (PyPI), run as a program of its own: arguments are the issuer, the
client_id, the secret, the address to come back to, and the certificate to trust. It prints a line
of JSON for each step and reads the address that the browser came back to. The last argument is the
algorithm of its ID tokens."""

import json
import sys
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.client.rp_handler import RPHandler

_PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}


def main(
    issuer: str, client_id: str, secret: str, address: str, certificate: str, algorithm: str
) -> None:
    client = {
        "issuer": issuer,
        "client_id": client_id,
        "client_secret": secret,
        "client_type": "oidc",
        "redirect_uris": [address],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile"],
        "id_token_signed_response_alg": algorithm,
        "token_endpoint_auth_method": "client_secret_basic",
        "add_ons": {"pkce": _PKCE},
    }
    handler = RPHandler(
        "https://shop.example.org",
        client_configs={"kodebrik": client},
        httpc_params={"verify": certificate},
    )
    say({"address": handler.begin("kodebrik")})
    back = dict(parse_qsl(urlsplit(sys.stdin.readline().strip()).query))
    found = handler.finalize(issuer, back)
    if "error" in found:
        say({"error": str(found["error"])})
        return
    token = found["id_token"]
    say(
        {
            "sub": token["sub"],
            "acr": token["acr"],
            "amr": token["amr"],
            "info": {name: found["userinfo"][name] for name in ("sub", "preferred_username")},
        }
    )


def say(what: dict) -> None:
    print(json.dumps(what), flush=True)


main(*sys.argv[1:])

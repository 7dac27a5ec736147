"""What privacyIDEA's plug-ins make of an answer."""

from typing import Any


def pam(answer: dict[str, Any]) -> str:
    """Decide as privacyidea_pam.py's authenticate() does."""
    if not answer["result"].get("status"):
        return "system error: " + answer["result"]["error"]["message"]
    if answer["result"].get("value"):
        return "success"
    return "challenge" if (answer.get("detail") or {}).get("transaction_id") else "auth error"


def keycloak(answer: dict[str, Any]) -> str:
    """Read what JSONParser.parsePIResponse() reads: these must have the types that Gson wants."""
    assert isinstance(answer["id"], int)
    assert isinstance(answer["jsonrpc"], str)
    assert isinstance(answer["versionnumber"], str)
    assert isinstance(answer["result"]["status"], bool)
    assert isinstance(answer["result"]["value"], bool)
    for challenge in answer["detail"].get("multi_challenge", []):
        assert {"serial", "message", "client_mode", "transaction_id", "type"} <= set(challenge)
    return str(answer["result"]["authentication"])

"""kodebrik accounts on a token behind a serial port."""

from firmware.protocol import messages
from host_tools.errors import TOKEN_ERRORS
from tests.support.link.fake_token import SERIAL


def test_accounts_are_listed_and_removed(provisioned, call):
    code, result = call("accounts", "list")
    assert code == 0
    assert [account["name"] for account in result["accounts"]] == ["bank"]
    assert len(result["accounts"][0]["fingerprint"]) == 16
    assert call("accounts", "remove", "bank") == (0, {"serial": SERIAL, "removed": "bank"})
    code, result = call("accounts", "remove", "bank")
    assert code == TOKEN_ERRORS + messages.UNKNOWN_ACCOUNT
    assert result["hint"]

"""The form of privacyIDEA 3's answers (privacyidea/lib/utils `prepare_result`, api/lib/utils
`send_error`)."""

import threading
import time
from typing import Any

from firmware.version import VERSION

PREFIX = "/validate/"  # of the paths that answer in this form
PARAMETER, POLICY, SERVER = 905, 303, 903  # error numbers of privacyidea/lib/error.py


def result(authentication: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Give the answer to a completed check: `authentication` is ACCEPT, REJECT, DECLINED or
    CHALLENGE."""
    outcome = {
        "authentication": authentication,
        "status": True,
        "value": authentication == "ACCEPT",
    }
    return _envelope(outcome) | {"detail": detail | {"threadid": threading.get_ident()}, "id": 2}


def polled(status: str) -> dict[str, Any]:
    """Give the answer to a poll: `status` is accept, declined, cancelled or pending."""
    authentication = {"accept": "ACCEPT", "pending": "REJECT"}.get(status, "DECLINED")
    return result(authentication, {"challenge_status": status})


def error(number: int, message: str) -> dict[str, Any]:
    """Give the answer to a request that could not be processed."""
    said = {"code": number, "message": f"ERR{number}: {message}"}
    return _envelope({"error": said, "status": False}) | {"detail": None, "id": 1}


def _envelope(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "jsonrpc": "2.0",
        "result": outcome,
        "time": time.time(),
        "version": f"kodebrik {VERSION}",
        "versionnumber": VERSION,
    }

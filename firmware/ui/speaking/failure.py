"""Why there is no code, or what could not be done: what is wrong and what to do."""

from firmware.ui.speaking.view import Message

_TROUBLES = {
    "not_provisioned": "contact_issuer",
    "blocked": "contact_issuer",
    "damaged": "contact_issuer",
    "storage_failed": "try_again",
    "clock_lost": "contact_issuer",
    "clock_absent": "contact_issuer",
}


def trouble(app, key: str) -> Message:
    """Return what says that something is wrong, and what to do."""
    return Message(app, key, _TROUBLES[key])

"""Messages for what could not be done: what is wrong and what to do."""

from firmware.ui.speaking.view import Message

if False:
    from firmware.interfaces import App  # type: ignore[unreachable]

# The phrase that says what is wrong -> the one that says what to do.
_REMEDIES = {
    "not_provisioned": "contact_issuer",
    "blocked": "contact_issuer",
    "damaged": "contact_issuer",
    "storage_failed": "try_again",
    "clock_lost": "contact_issuer",
    "clock_absent": "contact_issuer",
}


def failure(app: "App", reason: str) -> Message:
    """Return the message about a failure, named by its phrase."""
    return Message(app, reason, _REMEDIES[reason])

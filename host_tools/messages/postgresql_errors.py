"""Why PostgreSQL, or the way to it, refused something, as a message.

Errors of the server have an SQLSTATE (PostgreSQL documentation, appendix A). Those of connecting
have none, but libpq's English text, from which the cause is told; the text itself may quote a
name, a host or what was to be stored, and is never shown.
"""

from host_tools.messages.catalogue import Message

_BY_STATE = {
    "25006": "postgresql-error.read-only",
    "28000": "postgresql-error.not-allowed",
    "28P01": "postgresql-error.password",
    "3D000": "postgresql-error.no-database",
    "42501": "postgresql-error.no-right",
    "53300": "postgresql-error.too-many",
    "57P01": "postgresql-error.lost",
    "57P02": "postgresql-error.lost",
    "57P03": "postgresql-error.starting",
}
_CONNECTION = "08"  # class of SQLSTATEs
# The first that the text holds; servers may speak other languages, so the rest is possible too.
_BY_TEXT = (
    ("password authentication failed", "postgresql-error.password"),
    ("no password supplied", "postgresql-error.no-password"),
    ("no pg_hba.conf entry", "postgresql-error.not-allowed"),
    ('database "', "postgresql-error.no-database"),
    ('role "', "postgresql-error.no-role"),
    ("starting up", "postgresql-error.starting"),
    ("shutting down", "postgresql-error.starting"),
    ("recovery mode", "postgresql-error.starting"),
    ("too many clients", "postgresql-error.too-many"),
    ("connection slots", "postgresql-error.too-many"),
    ("certificate", "postgresql-error.certificate"),
    ("SSL", "postgresql-error.no-tls"),
    ("Connection refused", "system-error.econnrefused"),
    ("resolve host", "system-error.eai-noname"),
    ("translate host name", "system-error.eai-noname"),
    ("No route to host", "system-error.ehostunreach"),
    ("Network is unreachable", "system-error.enetunreach"),
    ("timed out", "system-error.etimedout"),
    ("timeout", "system-error.etimedout"),
    ("No such file or directory", "postgresql-error.no-socket"),
    ("closed", "postgresql-error.lost"),
    ("terminat", "postgresql-error.lost"),
    ("lost", "postgresql-error.lost"),
    ("reset by peer", "postgresql-error.lost"),
)


def reason(error: BaseException) -> Message:
    """Give why; `error` is psycopg's, or one that has its attribute `sqlstate` or its text."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        if state.startswith(_CONNECTION):
            return Message("postgresql-error.lost")
        identifier = _BY_STATE.get(state)
        return Message(identifier) if identifier else Message("postgresql-error.other", code=state)
    text = str(error)
    for part, identifier in _BY_TEXT:
        if part in text:
            return Message(identifier)
    return Message("postgresql-error.no-connection")

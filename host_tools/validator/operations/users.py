"""Users: who they are, where they are told of things, and the PIN that some of them give with a
code."""

from sqlalchemy import delete, insert, select, update

from host_tools.secret import Secret
from host_tools.validator import user_id
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import lifecycle
from host_tools.validator.store import token_rows
from host_tools.validator.store.tables import tokens, users
from host_tools.validator.store.unit_of_work import Ledger

LANGUAGES = ("da", "en")
_PIN_LENGTHS = range(4, 33)  # characters
_LONGEST_EMAIL = 254  # characters; RFC 5321 section 4.5.3.1.3


def create(ledger: Ledger, typed: str, email: str | None, language: str) -> token_rows.Row:
    """Make a user; KodebrikError for a user-ID against the rules, or one that is taken."""
    shown = user_id.check(typed)
    key = user_id.key(shown)
    if (
        ledger.connection.execute(select(users.c.id).where(users.c.user_key == key)).first()
        is not None
    ):
        raise ConflictError(f"The user-ID {shown!r} is taken.", "Choose another user-ID.")
    row = {"user_id": shown, "user_key": key, "created_at": ledger.now, "notify_on_use": False}
    _check_contact(email, language)
    ledger.connection.execute(insert(users).values(**row, email=email, language=language))
    ledger.note_server("create_user", {"user_id": shown})
    return lifecycle.owner_of(ledger, shown)


def find_or_create(ledger: Ledger, typed: str) -> token_rows.Row:
    """Give a user's row; who is new is made, without an address."""
    found = ledger.connection.execute(
        select(users).where(users.c.user_key == user_id.key(user_id.check(typed)))
    )
    row = found.mappings().one_or_none()
    return create(ledger, typed, None, LANGUAGES[0]) if row is None else dict(row)


def set_contact(
    ledger: Ledger, owner: token_rows.Row, email: str | None, language: str, notify_on_use: bool
) -> None:
    """Set where and of what a user is told."""
    _check_contact(email, language)
    values = {"email": email, "language": language, "notify_on_use": notify_on_use}
    ledger.connection.execute(update(users).where(users.c.id == owner["id"]).values(**values))
    ledger.note_server("set_user", {"user_id": owner["user_id"], "notify_on_use": notify_on_use})


def set_pin(ledger: Ledger, owner: token_rows.Row, pin: Secret | None) -> None:
    """Keep a keyed hash of the PIN, or none."""
    hashed, key_id = None, None
    if pin is not None:
        text = pin.reveal().decode()
        if len(text) not in _PIN_LENGTHS or not text.isprintable():
            raise InvalidError("A PIN has 4 to 32 printable characters.", "Choose another PIN.")
        key = ledger.keys.latest(ledger.connection)
        hashed, key_id = key.hash("pin", owner["user_key"], text), key.id
    ledger.connection.execute(
        update(users).where(users.c.id == owner["id"]).values(pin=hashed, pin_key=key_id)
    )
    ledger.note_server("set_pin", {"user_id": owner["user_id"], "pin": pin is not None})


def remove(ledger: Ledger, owner: token_rows.Row) -> None:
    """Delete a user; their tokens go back into stock."""
    numbers = (
        ledger.connection.execute(select(tokens.c.id).where(tokens.c.owner_id == owner["id"]))
        .scalars()
        .all()
    )
    loaded = ledger.load(numbers)
    for number in numbers:
        lifecycle.unassign(ledger, loaded[number])
    ledger.flush()
    ledger.connection.execute(delete(users).where(users.c.id == owner["id"]))
    ledger.note_server("delete_user", {"user_id": owner["user_id"]})


def _check_contact(email: str | None, language: str) -> None:
    if language not in LANGUAGES:
        raise InvalidError(
            f"There is no language {language[:10]!r}.", f"Choose one of: {', '.join(LANGUAGES)}."
        )
    if email is None:
        return
    name, at, domain = email.rpartition("@")
    # No more is checked: what a mail server takes is for it to say. But nothing may end a header
    # line.
    if (
        not (name and at and domain)
        or len(email) > _LONGEST_EMAIL
        or not email.isprintable()
        or " " in email
    ):
        raise InvalidError("This is not an e-mail address.", "It looks like name@example.org.")

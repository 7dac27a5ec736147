"""A validator's database with rows in every table, and changes to any of its columns by SQL, as
somebody makes them who may write everything but has no key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    Text,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import Engine

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    Approval,
    ApprovalLimits,
    ApprovalRequest,
    RelyingParty,
)
from host_tools.validator.records import (
    Guesser,
    OpenIdRequest,
    OpenIdSession,
    Role,
    SessionLimits,
)
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.store.tables import metadata
from tests.support.validator.clock import VirtualClock
from tests.support.validator.direct_app import DirectDevice, ask
from tests.support.validator.tokens import EnrolledToken, activated

LIMITS = SessionLimits(idle=3600, total=7200)
SUITE = "OCRA-1:HOTP-SHA1-6:QN08"
CHALLENGE = "12345678"
PIN = "1357"
ASSERTION = "of the shop"
OPENID_REQUEST = OpenIdRequest(
    "shop", "shop", "https://shop.example.org/back", "openid", "nonce", "challenge"
)


@dataclass(frozen=True)
class Filled:
    """What was made: tokens, keys and sessions whose rows a test changes."""

    totp: EnrolledToken  # of the user anders, who has a PIN and an address
    bente: EnrolledToken  # of the user bente
    ocra: EnrolledToken  # of the user carla, with an open challenge
    waiting: EnrolledToken  # of the user ditte, waits for its activation
    activation_code: str
    key: str  # an administrator's
    front_key: str  # a checker's
    former_key: str  # an administrator's, revoked
    session: Secret  # opened with it
    sign_in: Secret
    openid_session: Secret  # of anders
    openid_code: Secret  # of bente, not redeemed
    openid_used_code: Secret  # of anders, redeemed for the access token
    openid_access: Secret
    backchannel: Secret  # asked of anders, waits
    phone: DirectDevice  # of the user bente, open
    tablet: DirectDevice  # of the user bente, closed
    asked: Approval  # waits for bente
    approved: Approval


def fill(validator: Validator, clock: VirtualClock) -> Filled:
    """Write rows into every table."""
    totp, bente = activated(validator, clock, "anders", "bente")
    ocra, _ = activated(validator, clock, "carla", "cilla", suite=SUITE)
    waiting = EnrolledToken("ditte-1", "ditte", clock)
    gone = EnrolledToken("gorm1-1", "gorm1", clock)
    validator.import_tokens([waiting.new(), gone.new()], actor="test")
    validator.delete(gone.serial, actor="test")
    validator.assign(waiting.serial, "ditte", actor="test")
    code = validator.issue_activation_code(waiting.serial, actor="test").code
    validator.set_pin("anders", Secret(PIN.encode()), actor="test")
    for user in ("anders", "bente"):
        validator.set_user(
            user, email=f"{user}@example.org", language="en", notify_on_use=True, actor="test"
        )
    _, key = validator.create_api_key("boss", Role.ADMINISTRATOR, actor="test")
    _, front = validator.create_api_key("front", Role.CHECKER, actor="test")
    _, former = validator.create_api_key("former", Role.ADMINISTRATOR, actor="test")
    validator.revoke_api_key("former", actor="test")
    for serial in (ocra.serial, "cilla-1"):
        validator.issue_challenge(serial=serial, text=CHALLENGE, actor="test")
    text = key.reveal().decode()
    wanted = ApprovalRequest(RelyingParty("openid shop", "Shop"), "anders", "session of the shop")
    backchannel = validator.openid.ask_by_backchannel(
        "shop", "openid", "app", wanted, ApprovalLimits()
    )
    assert validator.openid.take_assertion("shop", ASSERTION, 600)
    phone, tablet = (DirectDevice(validator, "bente") for _ in range(2))
    for device in (phone, tablet):
        assert device.activate(validator.app.issue_letter("bente", actor="test").code)
    validator.rotate_key(actor="test")
    phone.unlock()
    approved = ask(validator, "bente")
    assert phone.answer(phone.waiting()[0], "approve", approved.digits).accepted
    asked = ask(validator, "bente", amount="1.00", currency="DKK", account="1", place="Odense")
    session = validator.open_session(text, LIMITS)
    assert session is not None
    sign_in = validator.open_sign_in("anders", CHALLENGE, LIMITS)
    validator.count_guess(Guesser("guess", "192.0.2.7", 20.0))
    validator.probe()
    clock.now += 60
    validator.check_many([CheckRequest(totp.code(), user_id="anders", pin=PIN)])
    validator.check_many([CheckRequest("000000", user_id="nobody")])
    clock.now += 60
    validator.openid.prepare()
    validator.openid.rotate_key(actor="test")
    of_anders = openid_session(validator, "anders", totp.serial)
    used = validator.openid.issue_code(of_anders[1], OPENID_REQUEST, "otp")
    access = validator.openid.redeem_code(used, OPENID_REQUEST.client)
    assert access is not None
    of_bente = openid_session(validator, "bente", bente.serial)
    unused = validator.openid.issue_code(of_bente[1], OPENID_REQUEST, "otp")
    return Filled(
        totp,
        bente,
        ocra,
        waiting,
        code,
        text,
        front.reveal().decode(),
        former.reveal().decode(),
        session[0],
        sign_in,
        of_anders[0],
        unused,
        used,
        access,
        backchannel.request_id,
        phone,
        tablet,
        asked,
        approved,
    )


def openid_session(validator: Validator, user_id: str, serial: str) -> tuple[Secret, OpenIdSession]:
    """Sign somebody in at the OpenID provider, as if a code had been accepted."""
    pending = validator.open_sign_in(user_id, CHALLENGE, LIMITS)
    opened = validator.openid.open_session(
        pending, user_id, serial, with_pin=False, seconds=LIMITS.idle
    )
    assert opened is not None
    return opened


def columns() -> list[Column]:
    """Give every column of every table, from the schema."""
    return [column for table in metadata.sorted_tables for column in table.columns]


def engine(database: str) -> Engine:
    """Open the database without its foreign keys: whoever writes to the file can switch them
    off."""
    opened = create_engine(database)

    @event.listens_for(opened, "connect")
    def _unbind(connection: Any, _record: object) -> None:
        if opened.dialect.name == "postgresql":  # SQLite's are off until they are asked for
            connection.execute("SET session_replication_role = replica")
            connection.commit()

    return opened


def rows_of(opened: Engine, column: Column) -> int:
    """Give the number of rows of a column's table."""
    with opened.begin() as connection:
        counted = select(func.count()).select_from(column.table)
        return connection.execute(counted).scalar_one()


@contextmanager
def altered(opened: Engine, column: Column, row: int) -> Iterator[None]:
    """Change one column of the row with that number, by primary key; at the end, change it
    back."""
    table = column.table
    (key,) = table.primary_key.columns
    with opened.begin() as connection:
        name = connection.execute(select(key).order_by(key).offset(row).limit(1)).scalar_one()
        before = connection.execute(select(column).where(key == name)).scalar_one()
        after = _other(column, before)
        changed = table.update().where(key == name).values({column.name: after})
        assert connection.execute(changed).rowcount == 1
    yield
    with opened.begin() as connection:
        changed = table.update().where(key == (after if column is key else name))
        assert connection.execute(changed.values({column.name: before})).rowcount == 1


def _other(column: Column, before: object) -> object:
    kind = column.type
    if isinstance(kind, Boolean):
        return not before
    if isinstance(kind, (Integer, BigInteger)):
        return 1 if before is None else int(before) + 1000  # another, and no other row
    if isinstance(kind, Double):
        return 1.0 if before is None else float(before) + 1
    if isinstance(kind, LargeBinary):
        return b"\1" if before is None else bytes([*before[:-1], before[-1] ^ 1])
    assert isinstance(kind, Text), f"no change is known for {column}"
    return "x" if before is None else f"{before}x"

"""What somebody gains who may write everything in the database but does not have the key: nothing
at use, and the verification tells."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.engine import Engine

from host_tools.secret import Secret
from host_tools.validator.errors import AlteredError
from host_tools.validator.records import Role
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.store import tables
from host_tools.validator.store.row_ids import new_id
from tests.support.validator.alteration import LIMITS, Filled, engine, fill
from tests.support.validator.clock import VirtualClock

users, api_keys, tokens, audit = tables.users, tables.api_keys, tables.tokens, tables.audit


@dataclass
class Attacked:
    """A validator in use, what is in it, and its database as the attacker has it."""

    validator: Validator
    made: Filled
    engine: Engine

    def write(self, *statements) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0

    def rows(self, table: Table) -> list:
        with self.engine.begin() as connection:
            return list(connection.execute(select(table)).all())

    def found(self) -> list[str]:
        return [fault.what for fault in self.validator.verify_audit().broken]

    def check(self, user_id: str, code: str, **given) -> bool:
        return self.validator.check_many([CheckRequest(code, user_id=user_id, **given)])[0].accepted


@pytest.fixture
def attacked(validator: Validator, clock: VirtualClock, database: str):
    made = fill(validator, clock)
    opened = engine(database)
    yield Attacked(validator, made, opened)
    opened.dispose()


def test_an_inserted_administrator_key_is_refused(attacked: Attacked):
    """The attacker knows the key whose hash they insert, and copies the rest of a true row."""
    known = next(row for row in attacked.rows(api_keys) if row.name == "boss")
    front = next(row for row in attacked.rows(api_keys) if row.name == "front")
    inserted = known._asdict() | {"id": new_id(), "name": "ghost", "hash": front.hash}
    attacked.write(
        api_keys.delete().where(api_keys.c.name == "front"), insert(api_keys).values(inserted)
    )
    with pytest.raises(AlteredError):
        attacked.validator.authenticate(attacked.made.front_key)
    said = attacked.found()
    assert "The row ghost of the table api_keys was changed." in said
    assert "The row ghost of the table api_keys is here, but no entry tells of it." in said
    assert any("front" in what and "missing" in what for what in said)


def test_a_role_set_by_hand_is_refused(attacked: Attacked):
    attacked.write(api_keys.update().where(api_keys.c.name == "front").values(role="administrator"))
    with pytest.raises(AlteredError):
        attacked.validator.authenticate(attacked.made.front_key)
    with pytest.raises(AlteredError):
        attacked.validator.open_session(attacked.made.front_key, LIMITS)
    assert "The row front of the table api_keys was changed." in attacked.found()


def test_a_revoked_key_that_is_revived_is_refused(attacked: Attacked):
    attacked.write(api_keys.update().where(api_keys.c.name == "former").values(revoked_at=None))
    with pytest.raises(AlteredError):
        attacked.validator.authenticate(attacked.made.former_key)
    assert "The row former of the table api_keys was changed." in attacked.found()


def test_a_revoked_key_whose_former_row_is_put_back_is_found(attacked: Attacked):
    """Row and seal are true, only old; the entry of the revocation tells of another row."""
    before = next(row for row in attacked.rows(api_keys) if row.name == "front")
    attacked.validator.revoke_api_key("front", actor="test")
    attacked.write(api_keys.update().where(api_keys.c.name == "front").values(before._asdict()))
    said = attacked.found()
    assert any("front" in what and "put back" in what for what in said)
    assert any("root" in what for what in said)


@pytest.mark.parametrize(
    "altered", [{"email": "x@evil.test"}, {"language": "da"}, {"pin": None, "pin_key": None}]
)
def test_an_altered_user_is_not_shown(attacked: Attacked, altered: dict[str, str | None]):
    validator, normalized = attacked.validator, users.c.normalized_id
    attacked.write(users.update().where(normalized == "anders").values(altered))
    for shown in (
        lambda: validator.user("anders"),
        lambda: validator.users(text="nder"),
        validator.users,
    ):
        with pytest.raises(AlteredError, match="The row anders of the table users"):
            shown()
    assert validator.user("bente").user_id == "bente"
    assert [one.user_id for one in validator.users(text="bent").items] == ["bente"]


@pytest.mark.parametrize("swapped", ["user_id and normalized_id", "id"])
def test_swapped_user_ids_let_nobody_sign_in_as_another(attacked: Attacked, swapped: str):
    one, two = (
        next(row for row in attacked.rows(users) if row.user_id == name)
        for name in ("anders", "bente")
    )
    names = ("id",) if swapped == "id" else ("user_id", "normalized_id")
    spare = {"id": new_id()} if swapped == "id" else dict.fromkeys(names, "spare")
    at = users.c.audit_seal  # neither changes
    attacked.write(
        users.update().where(at == one.audit_seal).values(spare),
        users.update().where(at == two.audit_seal).values({n: getattr(one, n) for n in names}),
        users.update().where(at == one.audit_seal).values({n: getattr(two, n) for n in names}),
    )
    for typed in ("anders", "bente"):
        with pytest.raises(AlteredError):
            attacked.check(typed, attacked.made.bente.code())
    assert len([what for what in attacked.found() if "table users was changed" in what]) == 2


def test_no_notice_goes_to_an_address_that_was_changed(attacked: Attacked):
    assert users.c.email is not None
    attacked.write(users.update().where(users.c.user_id == "anders").values(email="x@evil.test"))
    assert "x@evil.test" not in {notice.email for notice in attacked.validator.due_notices()}
    assert "The row anders of the table users was changed." in attacked.found()


def test_a_deleted_notice_is_found(attacked: Attacked):
    first = attacked.rows(tables.notices)[0]
    attacked.write(tables.notices.delete().where(tables.notices.c.id == first.id))
    assert [what for what in attacked.found() if "root" in what]


def test_the_pin_of_another_user_is_refused(attacked: Attacked, clock: VirtualClock):
    attacked.validator.set_pin("bente", Secret(b"2468"), actor="test")
    bente = next(row for row in attacked.rows(users) if row.user_id == "bente")
    attacked.write(
        users.update()
        .where(users.c.user_id == "anders")
        .values(pin=bente.pin, pin_key=bente.pin_key)
    )
    with pytest.raises(AlteredError):
        attacked.check("anders", attacked.made.totp.code(), pin="2468")
    assert "The row anders of the table users was changed." in attacked.found()


@pytest.mark.parametrize(
    "values",
    [{"approved": True}, {"user_id": "bente"}, {"ends_at": 9e9}],
    ids=["approved", "of another user", "without an end"],
)
def test_a_changed_sign_in_is_refused(attacked: Attacked, values: dict):
    mine = tables.web_sessions.c.challenge.is_not(None)
    attacked.write(tables.web_sessions.update().where(mine).values(values))
    with pytest.raises(AlteredError):
        attacked.validator.sign_in(attacked.made.sign_in)
    assert [what for what in attacked.found() if "web_sessions" in what]


def test_a_session_given_to_another_key_is_refused(attacked: Attacked):
    attacked.validator.create_api_key("desk", Role.HELP_DESK, actor="test")
    boss = next(row for row in attacked.rows(api_keys) if row.name == "boss")
    desk = next(row for row in attacked.rows(api_keys) if row.name == "desk")
    mine = tables.web_sessions.c.api_key_id == boss.id
    attacked.write(tables.web_sessions.update().where(mine).values(api_key_id=desk.id))
    with pytest.raises(AlteredError):
        attacked.validator.session_owner(attacked.made.session, LIMITS)


def test_entries_in_another_order_are_found(attacked: Attacked):
    one, two = attacked.rows(audit)[:2]
    spare = new_id()
    attacked.write(
        audit.update().where(audit.c.id == one.id).values(id=spare),
        audit.update().where(audit.c.id == two.id).values(id=one.id),
        audit.update().where(audit.c.id == spare).values(id=two.id),
    )
    assert "The entry was changed." in attacked.found()


def test_a_row_sealed_with_a_former_data_key_is_refused(attacked: Attacked):
    """Whoever has stolen a data key gains nothing with it after the rotation: an old row, true in
    its time, stands for what they could make."""
    before = next(row for row in attacked.rows(api_keys) if row.name == "boss")
    attacked.validator.rotate_key(actor="test")
    assert attacked.validator.authenticate(attacked.made.key) is not None
    attacked.write(api_keys.update().where(api_keys.c.name == "boss").values(before._asdict()))
    with pytest.raises(AlteredError):
        attacked.validator.authenticate(attacked.made.key)
    assert [what for what in attacked.found() if "root" in what]


def test_without_its_root_a_database_decides_nothing(attacked: Attacked):
    attacked.write(tables.audit_root.delete())
    with pytest.raises(AlteredError):
        attacked.check("anders", attacked.made.totp.code())
    with pytest.raises(AlteredError):
        attacked.validator.probe()
    assert "The root over all rows is missing or was changed." in attacked.found()

"""Keys: secrets encrypted at rest, rotation, another master key, API keys; and the database that
holds them."""

import os
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.keys import master_key
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.letters import Letter
from host_tools.validator.records import ActivationCode, Role
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.store.database import Database
from host_tools.validator.store.tables import metadata
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.tokens import EnrolledToken, activated

OTHER = LocalKey(Secret(bytes(32)))


def _everything(database: str) -> bytes:
    """Give every value in the database."""
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = [connection.execute(table.select()).all() for table in metadata.sorted_tables]
    engine.dispose()
    return b"".join(
        value if isinstance(value, bytes) else str(value).encode()
        for table in rows
        for row in table
        for value in row
    )


def test_no_secret_pin_or_key_stands_in_the_database(
    validator: Validator, database: str, clock: VirtualClock
):
    holders = activated(validator, clock, "anders", "bente")
    validator.set_pin("anders", Secret(b"4711-4711"), actor="test")
    validator.assign(_spare(validator, clock), "anders", actor="test")
    letter = validator.issue_activation_code("spare", actor="test")
    _, key = validator.create_api_key("web", Role.CHECKER, actor="test")
    stolen = _everything(database)
    assert b"anders" in stolen
    for holder in holders:
        assert holder.secret not in stolen
        assert holder.secret.hex().encode() not in stolen
    for text_ in (b"4711-4711", letter.code.encode(), key.reveal(), bytes(range(32))):
        assert text_ not in stolen


def _spare(validator: Validator, clock: VirtualClock) -> str:
    validator.import_tokens([EnrolledToken("spare", "", clock).new()], actor="test")
    return "spare"


def test_a_sealed_secret_moved_to_another_token_does_not_open(
    validator: Validator, database: str, clock: VirtualClock
):
    anders, _ = activated(validator, clock, "anders", "bente")
    engine = create_engine(database)
    with engine.begin() as connection:
        stolen = (
            "UPDATE tokens SET encrypted_secret ="
            " (SELECT encrypted_secret FROM tokens WHERE serial = 'anders-1')"
        )
        connection.execute(text(stolen + " WHERE serial = 'bente-1'"))
    engine.dispose()
    with pytest.raises(KodebrikError, match="bente-1"):
        validator.check_many([CheckRequest(anders.code(), user_id="bente")])


def test_rotation_encrypts_every_secret_anew_and_codes_are_accepted_as_before(
    validator: Validator, database: str, clock: VirtualClock
):
    holders = activated(validator, clock, "anders", "bente")
    validator.set_pin("bente", Secret(b"4711"), actor="test")
    before = _everything(database)
    assert validator.rotate_key(actor="test") == 2
    engine = create_engine(database)
    with engine.connect() as connection:
        sealed = connection.execute(text("SELECT encrypted_secret, data_key FROM tokens")).all()
    engine.dispose()
    assert {row.data_key for row in sealed} == {2}
    assert all(row.encrypted_secret not in before for row in sealed)
    requests = [
        CheckRequest(holder.code(), user_id=holder.user_id, pin="4711") for holder in holders
    ]
    assert all(verdict.accepted for verdict in validator.check_many(requests))
    assert validator.verify_audit().broken == ()


def test_another_master_key_opens_the_database_and_the_old_one_no_more(
    database: str, clock: VirtualClock
):
    with Validator(database, MASTER, clock) as validator:
        (anders,) = activated(validator, clock, "anders")
        validator.rotate_key(actor="test")
        assert validator.rewrap(OTHER, actor="test") == 2
        with pytest.raises(KodebrikError, match="master key"):
            validator.rotate_key(actor="test")  # it would be wrapped under the old one
        assert validator.check_many([CheckRequest(anders.code(), user_id="anders")])[0].accepted
    with pytest.raises(KodebrikError) as refused:
        Validator(database, MASTER, clock)
    assert refused.value.exit_code == ExitCode.WRONG_KEY
    clock.now += 30
    with Validator(database, OTHER, clock) as validator:
        assert validator.check_many([CheckRequest(anders.code(), user_id="anders")])[0].accepted
        assert validator.verify_audit().broken == ()


def test_a_master_key_file_that_others_can_read_is_refused(tmp_path: Path):
    path = tmp_path / "master.key"
    made = master_key.create_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert master_key.from_file(path).identity == made.identity
    path.chmod(0o640)
    with pytest.raises(KodebrikError, match="Others"):
        master_key.from_file(path)


def test_api_keys_are_known_until_they_are_revoked(validator: Validator):
    made, key = validator.create_api_key("web", Role.AUDITOR, actor="test")
    text_ = key.reveal().decode()
    assert validator.authenticate(text_) == made
    assert validator.authenticate(text_[:-1]) is None
    assert validator.authenticate("") is None
    assert validator.authenticate("\udcff\0") is None
    validator.revoke_api_key("web", actor="test")
    assert validator.authenticate(text_) is None
    assert [key.revoked_at is not None for key in validator.api_keys()] == [True]


def test_the_migrations_lead_to_the_tables_that_the_code_uses(validator: Validator, database: str):
    opened = Database(database)
    with opened.reading() as connection:
        options = {"include_name": lambda name, kind, _: not _searches(kind, name)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    opened.close()


def _searches(kind: str, name: str | None) -> bool:
    """Say whether a table or index belongs to the search, which the tables' description lacks."""
    return kind in ("table", "index") and name is not None and "_search" in name


def test_a_database_of_a_newer_version_is_left_alone(
    validator: Validator, database: str, clock: VirtualClock
):
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(KodebrikError, match="newer"):
        Validator(database, MASTER, clock)


def test_only_the_owner_can_read_a_database_file(tmp_path: Path, clock: VirtualClock):
    path = tmp_path / "validator.db"
    before = os.umask(0)
    try:
        with Validator(f"sqlite:///{path}", MASTER, clock):
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("validator.db", "validator.db-wal", "validator.db-shm"), 0o600)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", ExitCode.USAGE),
        ("mysql://user:hunter2@host/name", ExitCode.USAGE),
        ("postgresql+psycopg://user:hunter2@127.0.0.1:1/name", ExitCode.DATABASE),
        ("sqlite:////nowhere/at/all.db", ExitCode.FILE),
        ("sqlite://", ExitCode.USAGE),
    ],
)
def test_a_database_that_cannot_be_is_named_without_its_password(url: str, code: ExitCode):
    with pytest.raises(KodebrikError) as refused:
        Validator(url, MASTER)
    assert refused.value.exit_code == code
    assert "hunter2" not in refused.value.message + refused.value.hint


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(KodebrikError, match="database"):
        Validator(f"sqlite:///{path}", MASTER)


def test_no_repr_holds_a_code_or_a_pin():
    """What a log or a traceback may print of a record names its user or token, and no secret."""
    held = [
        CheckRequest("314159", user_id="anders", pin="271828"),
        ActivationCode("a-one", "314159", 0.0),
        Letter("a-one", "314159", 0.0),
        CodeGenerator("totp", b"314159 271828 secret", "SHA1", 6, 30),
    ]
    for record in held:
        assert "314159" not in repr(record)
        assert "271828" not in repr(record)

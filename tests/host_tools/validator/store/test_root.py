"""The root over all rows, and anchors: what was put back to an earlier state is found. Everything
that is put back here was true in its time, with its seal."""

import random
from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex

import pytest
from sqlalchemy import Table
from sqlalchemy.engine import Engine

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.errors import AlteredError
from host_tools.validator.records import NewToken, Role
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.store.tables import (
    audit,
    audit_root,
    chains,
    metadata,
    tokens,
    unattributed_checks,
)
from tests.support.validator.alteration import engine
from tests.support.validator.copies import Copy, copied, put_back

_WENT_BACK = (
    "The database was put back to a state before the anchor. After a restore on purpose, note why,"
    " and take a new anchor ('kodebrik audit anchor')."
)
SECRETS = {"hotp-1": bytes(20), "hotp-2": bytes([1]) * 20}


@pytest.fixture
def hotp(validator: Validator) -> Validator:
    """Give a validator with two active HOTP tokens, each used once."""
    for serial, secret in SECRETS.items():
        credential = Credential("x", Secret(secret), period=None, counter=0)
        validator.import_tokens([NewToken(serial, credential)], actor="test")
        validator.assign(serial, f"user-{serial}", actor="test")
        validator.activate_by_administrator(serial, actor="test")
        assert accepted(validator, serial, 0)
    return validator


@pytest.fixture
def attacker(database: str):
    opened = engine(database)
    yield opened
    opened.dispose()


def accepted(validator: Validator, serial: str, counter: int) -> bool:
    credential = Credential("x", Secret(SECRETS[serial]), period=None, counter=counter)
    request = CheckRequest(credential.code(0), serial=serial)
    return validator.check_many([request])[0].accepted


@pytest.mark.parametrize("with_root", [False, True], ids=["without its root", "with its root"])
def test_one_token_that_is_put_back_is_found(hotp: Validator, attacker: Engine, with_root: bool):
    """Its row and its later entries, and even the root of that time, are replaced by older copies:
    the used code works again, but another token has moved since."""
    chosen = (tokens, audit, audit_root) if with_root else (tokens, audit)
    before = copied(attacker, *chosen)
    assert accepted(hotp, "hotp-1", 1)
    assert accepted(hotp, "hotp-2", 1)
    assert hotp.verify_audit().broken == ()
    put_back(attacker, before, "hotp-1")
    said = [fault.what for fault in hotp.verify_audit().broken]
    assert said == [
        "The root does not fit the rows and entries: some were put back to an earlier state,"
        " removed or added."
    ]
    assert accepted(hotp, "hotp-1", 1), "no seal can tell that a row is old"
    assert [fault.what for fault in hotp.verify_audit().broken] == said, "use does not heal it"


def import_and_delete(validator: Validator) -> None:
    validator.import_tokens([NewToken("gone-1", Credential("x", Secret(bytes(20))))], actor="test")
    validator.delete("gone-1", actor="test")


# For each row that holds the head of a chain: its table and name, and what appends to the chain.
HEADS: dict[str, tuple[Table, str, Callable[[Validator], object]]] = {
    "token": (tokens, "hotp-1", lambda validator: accepted(validator, "hotp-1", 1)),
    "server": (
        chains,
        "",
        lambda validator: validator.create_api_key(token_hex(4), Role.CHECKER, actor="test"),
    ),
    "deleted token": (chains, "gone-1", import_and_delete),
    "tries": (
        unattributed_checks,
        "1",
        lambda validator: validator.check_many([CheckRequest("000000", user_id="nobody")]),
    ),
}


def test_every_table_with_the_head_of_a_chain_is_named():
    with_heads = {table for table in metadata.sorted_tables if "audit_sequence" in table.c}
    assert {table for table, _, _ in HEADS.values()} == with_heads


@pytest.mark.parametrize("head", HEADS)
def test_a_row_put_back_to_before_entries_that_are_there_is_refused(
    hotp: Validator, attacker: Engine, head: str
):
    """Nothing can be appended twice: the row is named, and nothing was done."""
    table, name, act = HEADS[head]
    act(hotp)
    before = copied(attacker, table)
    act(hotp)
    put_back(attacker, before)
    entries = copied(attacker, audit)
    with pytest.raises(AlteredError) as refused:
        act(hotp)
    assert refused.value.identifier == "row-altered"
    assert refused.value.message.arguments == {"table": table.name, "row": name}
    assert copied(attacker, audit) == entries
    assert hotp.verify_audit().broken


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_of_states_but_one_whole_state_is_found(
    hotp: Validator, attacker: Engine, seed: int
):
    """Of every table (tokens with their chains) any earlier state is put back, drawn at random."""
    draw = random.Random(seed)
    states = [copied(attacker)]
    for counter in range(1, 4):
        for serial in SECRETS:
            assert accepted(hotp, serial, counter)
            states.append(copied(attacker))
    last = states[-1]
    mixed: Copy = {}
    for table in last:
        mixed[table] = draw.choice(states)[table] if table not in (tokens, audit) else []
    for serial in (*SECRETS, ""):
        chosen = draw.choice(states)
        mixed[tokens] += [row for row in chosen[tokens] if row["serial"] == serial]
        mixed[audit] += [row for row in chosen[audit] if row["chain"] == serial]
    whole = any(_same(mixed, state) for state in states)
    put_back(attacker, mixed)
    assert (hotp.verify_audit().broken == ()) == whole


def _same(one: Copy, two: Copy) -> bool:
    return all(
        sorted(map(repr, one[table])) == sorted(map(repr, two[table]))
        for table in metadata.sorted_tables
    )


def test_a_whole_database_that_was_put_back_is_found_by_an_anchor_alone(
    hotp: Validator, attacker: Engine
):
    before = copied(attacker)
    anchor = hotp.anchor_audit(actor="test")
    assert hotp.verify_audit(anchor=anchor).broken == ()
    assert accepted(hotp, "hotp-1", 1)
    assert hotp.verify_audit(anchor=anchor).broken == ()
    after = copied(attacker)
    put_back(attacker, before)
    assert hotp.verify_audit().broken == ()
    assert _said(hotp, anchor) == _WENT_BACK
    for counter in range(1, 20):  # however much is done afterwards, and with an anchor too
        assert accepted(hotp, "hotp-1", counter)
    hotp.anchor_audit(actor="test")
    assert hotp.verify_audit().broken == ()
    assert _said(hotp, anchor) == _WENT_BACK
    put_back(attacker, after)
    assert hotp.verify_audit(anchor=anchor).broken == ()


def test_an_anchor_that_was_changed_or_is_of_another_database_is_refused(hotp: Validator):
    anchor = hotp.anchor_audit(actor="test")
    for changed in (replace(anchor, entries=anchor.entries - 1), replace(anchor, data_key=7)):
        assert _said(hotp, changed).startswith("The anchor was changed, is of another database")


def test_an_anchor_of_a_key_that_a_restore_took_back_is_told_of_with_what_to_do(
    hotp: Validator, attacker: Engine
):
    before = copied(attacker)
    hotp.rotate_key(actor="test")
    anchor = hotp.anchor_audit(actor="test")
    put_back(attacker, before)
    assert "as after a restore on purpose" in _said(hotp, anchor)
    assert "kodebrik audit anchor" in _said(hotp, anchor)


def test_an_anchor_holds_after_the_key_was_rotated(hotp: Validator):
    anchor = hotp.anchor_audit(actor="test")
    hotp.rotate_key(actor="test")
    assert hotp.verify_audit(anchor=anchor).broken == ()


def test_the_stored_sum_tells_nothing_of_the_rows(hotp: Validator, attacker: Engine):
    """The same rows under a fresh nonce give another stored sum: its differences cannot be put
    together to that of another mixture of rows."""
    stored = set()
    for _ in range(5):
        hotp.set_window("hotp-1", window=1, actor="test")
        (row,) = copied(attacker, audit_root)[audit_root]
        stored |= {row["masked_sum"], row["nonce"]}
    assert len(stored) == 10


def test_a_transaction_that_changes_nothing_leaves_the_root_alone(
    hotp: Validator, attacker: Engine
):
    while hotp.due_notices():
        pass
    before = copied(attacker, audit_root)
    hotp.due_notices()
    hotp.close_session(Secret(b"none"))
    hotp.probe()
    assert copied(attacker, audit_root) == before


def _said(validator: Validator, anchor) -> str:
    (fault,) = validator.verify_audit(anchor=anchor).broken
    return fault.what

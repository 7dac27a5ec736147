"""The typed rows: their fields are the columns of their tables, in the same order; and the JSON of
them that MACs cover."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.store import row_seals, rows, tables

ROWS = {
    tables.data_keys: rows.DataKeyRow,
    tables.users: rows.UserRow,
    tables.app_devices: rows.AppDeviceRow,
    tables.app_sessions: rows.AppSessionRow,
    tables.approvals: rows.ApprovalRow,
    tables.chains: rows.ChainRow,
    tables.audit: rows.AuditRow,
    tables.challenges: rows.ChallengeRow,
    tables.api_keys: rows.ApiKeyRow,
    tables.web_sessions: rows.WebSessionRow,
    tables.unattributed_checks: rows.UnattributedChecksRow,
    tables.notices: rows.NoticeRow,
    tables.guesses: rows.GuessRow,
    tables.write_probes: rows.WriteProbeRow,
    tables.audit_root: rows.AuditRootRow,
    tables.counts: rows.CountsRow,
    tables.openid_keys: rows.OpenIdKeyRow,
    tables.openid_sessions: rows.OpenIdSessionRow,
    tables.openid_grants: rows.OpenIdGrantRow,
    tables.openid_backchannel: rows.OpenIdBackchannelRow,
    tables.openid_assertions: rows.OpenIdAssertionRow,
}


def test_every_table_has_typed_rows():
    assert ROWS.keys() | {tables.tokens} == set(tables.metadata.tables.values())


@pytest.mark.parametrize("table", ROWS, ids=str)
def test_rows_have_the_columns_of_their_tables_in_order(table):
    assert list(ROWS[table]._fields) == table.columns.keys()


def test_a_token_has_the_columns_of_its_table_in_order():
    assert [field.name for field in fields(rows.TokenRow)] == tables.tokens.columns.keys()


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@given(_JSON)
def test_what_macs_cover_is_json_as_the_standard_library_writes_it(value: object):
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), default=bytes.hex)
    assert row_seals.canonical_json(value) == written


def test_what_json_cannot_write_is_an_error():
    with pytest.raises(TypeError):
        row_seals.canonical_json([object()])

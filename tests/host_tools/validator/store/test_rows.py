"""The typed rows: their fields are the columns of their tables, in the same order."""

from dataclasses import fields

import pytest

from host_tools.validator.store import rows, tables

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

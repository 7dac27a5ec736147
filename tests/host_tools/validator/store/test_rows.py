"""The typed rows: their fields are the columns of their tables, in the same order."""

from dataclasses import fields

from host_tools.validator.store import tables
from host_tools.validator.store.audit_chain import AuditRow
from host_tools.validator.store.rows import ChainRow, TokenRow, UserRow


def test_rows_have_the_columns_of_their_tables_in_order():
    assert [field.name for field in fields(TokenRow)] == tables.tokens.columns.keys()
    assert list(UserRow._fields) == tables.users.columns.keys()
    assert list(ChainRow._fields) == tables.chains.columns.keys()
    assert ["id", *AuditRow._fields] == tables.audit.columns.keys()

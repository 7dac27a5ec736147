"""Which of the open connections a transaction gets."""

from host_tools.validator.store.database import Database


def test_who_writes_gets_the_connection_that_wrote_last(database: str) -> None:
    """The other ones have no valid pages in memory any more (SQLite)."""
    opened = Database(database)
    with opened.reading(), opened.reading():
        pass  # two are open from now on
    used = set()
    for _ in range(4):
        with opened.writing() as connection:
            used.add(connection.connection.dbapi_connection)
    assert len(used) == 1
    opened.close()

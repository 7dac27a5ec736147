"""Transactions: reading one state of the database, and writing as a unit of work that is repeated
when another worker was quicker."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from host_tools.validator.errors import UnavailableError
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.database import Database, is_retried, was_cut_off
from host_tools.validator.store.unit_of_work import OvertakenError, StaleError, UnitOfWork
from host_tools.validator.user_id import UserIdRule

_ATTEMPTS = 10  # at a transaction that loses races with others

P = ParamSpec("P")
T = TypeVar("T")


class Transactions:
    """Runs functions inside transactions of one database."""

    def __init__(
        self,
        database: Database,
        keys: DataKeys,
        clock: Callable[[], float],
        user_ids: UserIdRule,
    ) -> None:
        """`clock` gives Unix seconds: the time of every change. New user-IDs follow `user_ids`."""
        self._user_ids = user_ids
        self.database = database
        self._keys = keys
        self._clock = clock

    def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `query` on a connection that sees one state of the database."""
        try:
            with self.database.reading() as connection:
                return query(connection, *args, **kwargs)
        except UnavailableError as error:
            if not was_cut_off(error.__cause__):
                raise
        with self.database.reading() as connection:
            return query(connection, *args, **kwargs)

    def write(
        self,
        actor: str,
        operation: Callable[Concatenate[UnitOfWork, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call `operation` on a unit of work on behalf of `actor`; what it changed is durable on
        return. It is called again when another worker was in its way. KodebrikError when a row that
        holds the head of an audit chain was put back to before an entry that is there."""
        attempts = 0
        while True:
            try:
                with self.database.writing() as connection:
                    unit = self._begin(connection, actor)
                    result = operation(unit, *args, **kwargs)
                    unit.complete()
                return result
            except (StaleError, DBAPIError) as error:
                attempts += 1
                if attempts < _ATTEMPTS and _is_race(error):
                    continue
                if isinstance(error, OvertakenError):
                    refusal = self.read(error.refusal)
                    if refusal is not None:
                        raise refusal from error
                raise

    def _begin(self, connection: Connection, actor: str) -> UnitOfWork:
        try:
            return UnitOfWork(connection, self._keys, self._clock(), actor, self._user_ids)
        except DBAPIError as error:
            if was_cut_off(error):  # before anything was written: begun anew on a new connection
                raise StaleError from error
            raise


def _is_race(error: Exception) -> bool:
    # A row that changed, a unique index that another transaction got to first, a deadlock: each
    # may be gone at the next attempt.
    return isinstance(error, (StaleError, IntegrityError)) or (
        isinstance(error, DBAPIError) and is_retried(error)
    )

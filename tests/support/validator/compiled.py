"""SQL statements compiled once for all validators of a test process.

SQLAlchemy keeps compiled statements by engine and dialect. A test opens a validator of its own, so
an engine of its own, and would compile the same statements again: a third of its time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Dialect, Engine, event

from host_tools.validator.store import database


@dataclass
class _Kind:
    """What the engines of one kind of database share: statements, and the dialect by which they
    are found, once a connection has set it up."""

    statements: dict[Any, Any] = field(default_factory=dict)
    dialect: Dialect | None = None


_KINDS: dict[str, _Kind] = {}


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """Let every engine that a validator opens take the statements of the ones before it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "create_engine", _sharing(database.create_engine))
        yield


def _sharing(create_engine: Callable[..., Engine]) -> Callable[..., Engine]:
    def create(*arguments: Any, **options: Any) -> Engine:
        engine = create_engine(*arguments, **options)
        kind = _KINDS.setdefault(engine.dialect.name, _Kind())
        engine.update_execution_options(compiled_cache=kind.statements)
        if kind.dialect is not None:
            engine.dialect = kind.dialect
            return engine

        @event.listens_for(engine, "engine_connect")
        def connected(connection: Connection) -> None:
            kind.dialect = kind.dialect or connection.dialect

        return engine

    return create

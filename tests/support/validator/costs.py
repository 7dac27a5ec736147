"""What an operation of the validator costs: its SQL statements, and the HMACs that it computes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from host_tools.otp import codes
from host_tools.validator.service import Validator
from host_tools.validator.store.keyed_mac import KeyedMac


@dataclass
class Cost:
    """Statements without BEGIN and COMMIT; HMACs of codes and of everything else."""

    statements: list[str] = field(default_factory=list)
    codes: int = 0
    macs: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Give the numbers of statements, codes and other HMACs."""
        return len(self.statements), self.codes, self.macs


@contextmanager
def cost_of(validator: Validator) -> Iterator[Cost]:
    """Count what is done inside the block. Every number of a code is cut out of an HMAC in one
    place, and every other HMAC is made in one place."""
    cost = Cost()
    engine = validator._database.engine
    cut, made = codes._number, KeyedMac.__call__

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            cost.statements.append(statement)

    def counted(count: Callable[[], None], function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            count()
            return function(*arguments)

        return call

    def count_code() -> None:
        cost.codes += 1

    def count_mac() -> None:
        cost.macs += 1

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(codes, "_number", counted(count_code, cut))
        patched.setattr(KeyedMac, "__call__", counted(count_mac, made))
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield cost
        finally:
            event.remove(engine, "before_cursor_execute", note)

"""A process that answers an approval, and kills itself before or after the commit of it."""

import os
import signal
from multiprocessing.connection import Connection

import pytest

from host_tools.secret import Secret
from host_tools.validator.app_records import SignedAnswer
from host_tools.validator.service import Validator
from host_tools.validator.store.unit_of_work import UnitOfWork
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER


def answer(
    database: str, now: float, session: bytes, given: SignedAnswer, after: bool, told: Connection
) -> None:
    """Answer; everything is written when the process is killed, and with `after` committed too. The
    verdict is told if the process lives for so long."""
    with Validator(database, MASTER, VirtualClock(now)) as validator:
        with pytest.MonkeyPatch.context() as patched:
            if not after:
                complete = UnitOfWork.complete

                def complete_then_die(unit: UnitOfWork) -> None:
                    complete(unit)
                    os.kill(os.getpid(), signal.SIGKILL)

                patched.setattr(UnitOfWork, "complete", complete_then_die)
            verdict = validator.app.answer(Secret(session), given)
        if after:
            os.kill(os.getpid(), signal.SIGKILL)
        told.send(verdict)

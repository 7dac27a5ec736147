"""kill -9 between the answer and its commit, and between the commit and the verdict: an approval is
either as if nobody had answered, or answered for good."""

import multiprocessing
import signal

import pytest

from host_tools.validator.app_records import AppReason, ApprovalState
from host_tools.validator.service import Validator
from tests.host_tools.validator.operations.app import killed_answer
from tests.support.validator.clock import VirtualClock
from tests.support.validator.direct_app import ask, opened


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_leaves_an_answer_whole_or_absent(
    validator: Validator, clock: VirtualClock, database: str, after: bool
):
    validator.create_user("anna.holm", actor="test")
    holder = opened(validator, "anna.holm")
    asked = ask(validator, "anna.holm")
    given = holder.signed(holder.waiting()[0], "approve", asked.digits)
    context = multiprocessing.get_context("spawn")
    heard, told = context.Pipe(duplex=False)
    session = holder.session.reveal()
    process = context.Process(
        target=killed_answer.answer, args=(database, clock.now, session, given, after, told)
    )
    process.start()
    told.close()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(EOFError):
        heard.recv()  # nobody was told
    state = validator.app.approval(["bank"], asked.id).state
    assert state is (ApprovalState.APPROVED if after else ApprovalState.WAITING)
    assert validator.verify_audit().broken == ()
    again = validator.app.answer(holder.session, given)
    assert again.reason is (AppReason.REPLAYED if after else AppReason.ACCEPTED)
    assert validator.app.approval(["bank"], asked.id).state is ApprovalState.APPROVED
    assert validator.app.use(["bank"], asked.id, actor="test")
    assert not validator.app.use(["bank"], asked.id, actor="test")
    assert validator.verify_audit().broken == ()

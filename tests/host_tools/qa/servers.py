"""Servers with one fault each, which QA must detect."""

from collections.abc import Callable
from dataclasses import replace

from host_tools.errors import ExitCode, KodebrikError
from host_tools.qa.targets.local import LocalTarget
from host_tools.qa.targets.target import Answer
from host_tools.validator.rule.verdict import CheckRequest


class Faulty(LocalTarget):
    """The validator with its answers changed by `fault(target, user_id, code, answer)`."""

    def __init__(
        self, folder, time_source, fault: Callable[[LocalTarget, str, str, Answer], Answer]
    ) -> None:
        super().__init__(folder, time_source)
        self.fault, self.time_source = fault, time_source
        self.seen: list[str] = []

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        answer = self.fault(self, user_id, code, super().submit(user_id, code, challenge))
        self.seen.append(code)
        return answer


def accepts_replays(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return (
        replace(answer, accepted=True, reason="accepted") if answer.reason == "replay" else answer
    )


def accepts_everything(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return replace(answer, accepted=True, reason="accepted")


def refuses_everything(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return replace(answer, accepted=False, reason="wrong")


def accepts_late_codes(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return replace(answer, accepted=True, reason="accepted") if answer.reason == "late" else answer


def has_no_window(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return (
        replace(answer, accepted=False, reason="late")
        if answer.accepted and answer.steps
        else answer
    )


def once(fault):
    """Give a fault that the server has at the first code alone."""

    def at_first(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
        return answer if target.seen else fault(target, user_id, code, answer)

    return at_first


def says_nothing(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    target.seen.append(code)
    raise KodebrikError("server-silent", ExitCode.SILENT, url=target.name, reason="timed out")


def never_locks(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    if answer.reason != "locked_out":
        return answer
    serial = target.validator.user(user_id).serial
    target.validator.unblock(serial, actor="fault")
    verdict = target.validator.submit(CheckRequest(code, user_id=user_id)).result()
    return Answer(verdict.accepted, str(verdict.reason), verdict.steps)


def names_the_wrong_reason(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return replace(answer, reason="wrong") if answer.reason == "transposed" else answer


def miscounts_steps(target: Faulty, user_id: str, code: str, answer: Answer) -> Answer:
    return (
        replace(answer, steps=(answer.steps or 0) + 1)
        if answer.reason in ("late", "early")
        else answer
    )

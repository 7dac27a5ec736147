"""Why every right code was refused, as far as the server's reasons tell."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from host_tools.messages.catalogue import Message
from host_tools.qa.cases.log import Submission
from host_tools.qa.cases.token_pool import PERIOD

_USER = {"unknown_user", "unknown_token", "not_active", "blocked", "other_token"}
_CLOCK = {"late", "early"}
_CONSEQUENCE = {"locked_out", "replay"}  # of earlier refusals


def likely_cause(submissions: Sequence[Submission]) -> Message | None:
    """Give the likely cause when no code was accepted that must be; None when there was one, or no
    such code at all."""
    right = [each.answer for each in submissions if each.expected.accepted]
    if not right or any(answer.accepted for answer in right):
        return None
    if all(answer.reason == "locked_out" for answer in right):
        return Message("qa-cause.locked", count=len(right))
    reasons = Counter(answer.reason for answer in right if answer.reason not in _CONSEQUENCE)
    reason = reasons.most_common(1)[0][0] if reasons else None
    if reason in _USER:
        return Message("qa-cause.user", count=len(right))
    steps = [answer.steps for answer in right if answer.reason in _CLOCK and answer.steps]
    if reason in _CLOCK and steps:
        seconds = abs(median(steps)) * PERIOD
        return Message(
            "qa-cause.behind" if reason == "late" else "qa-cause.ahead",
            count=len(right),
            seconds=seconds,
        )
    return Message("qa-cause.secret", count=len(right))

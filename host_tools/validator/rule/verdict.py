"""The request to check a code and the verdict on it: in full for administrators, less for the end
user."""

from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Why a code was accepted or refused, as the administrator, the audit and QA see it."""

    ACCEPTED = "accepted"
    WRONG = "wrong"  # no code of this token near this time
    # The code of a step after the window (`steps` > 0 from the expected one), or of an HOTP counter
    # beyond the look-ahead.
    EARLY = "early"
    LATE = "late"  # the code of a step before the window: `steps` < 0
    REPLAY = "replay"  # the code of a step or counter that is not after the last accepted one
    OTHER_TOKEN = "other_token"  # noqa: S105 - a code of another token of the same user
    TRANSPOSED = "transposed"  # a code of the window with two neighbouring digits exchanged
    # Not as many decimal digits as the token shows; never counts as an attempt.
    MALFORMED = "malformed"
    WRONG_PIN = "wrong_pin"
    BLOCKED = "blocked"  # by an administrator, or by 100 failures in a row
    # For `retry_after` seconds, after three failures in a row; the code was not evaluated.
    LOCKED_OUT = "locked_out"
    NOT_ACTIVE = "not_active"  # in stock, waiting for its activation, or replaced
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105
    NO_CHALLENGE = "no_challenge"  # an OCRA response without an open challenge


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """One code to check, of a user or of a token: exactly one of `user_id` and `serial` is given.

    `code` may hold blanks between groups. `challenge` is the text of an issued challenge (OCRA),
    `pin` the user's PIN, `actor` who asks (for the audit). With `issue_challenge`, the challenge
    was shown before it was known for whom: it is issued with the check that accepts its response,
    and only then, so that the duration does not tell whose token takes challenges. With
    `pin_before_lock`, guesses without the user's PIN do not lock the user out.
    """

    code: str = field(repr=False)  # a printed request must be fit for a log
    user_id: str | None = None
    serial: str | None = None
    challenge: str | None = None
    pin: str | None = field(default=None, repr=False)
    actor: str = "local"
    issue_challenge: bool = False
    pin_before_lock: bool = False


@dataclass(frozen=True, slots=True)
class PublicVerdict:
    """All that an end user, or a client without the right to more, may learn."""

    accepted: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check. `serial` is the token's, None when there is none; `steps` the
    distance to the expected step (or HOTP counter) where a code was recognised; `retry_after` the
    seconds until a locked token is evaluated again.
    """

    reason: Reason
    serial: str | None = None
    steps: int = 0
    retry_after: int = 0

    @property
    def accepted(self) -> bool:
        """Say whether the code was accepted."""
        return self.reason is Reason.ACCEPTED

    def public(self) -> PublicVerdict:
        """Give what an end user may see: failures of user-IDs and of tokens look alike."""
        return PublicVerdict(self.accepted)

"""The validation server without its interfaces: everything that may be asked of it, as one object.

All methods but `check` block on the database and may be called from any thread. What they refuse is a KodebrikError.
`actor` is who asked, for the audit.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType

from host_tools.secret import Secret
from host_tools.validator.master_key import MasterKey
from host_tools.validator.records import (
    ActivationCode,
    ApiKey,
    AuditEntry,
    AuditReport,
    Challenge,
    DriftPoint,
    NewToken,
    Notice,
    Page,
    Role,
    Statistics,
    Status,
    Token,
    User,
)
from host_tools.validator.verdict import CheckRequest, Verdict

Progress = Callable[[int, int], None]  # done, of how many
Clock = Callable[[], float]  # Unix seconds


class Validator:
    """The one façade. Opening it brings the database's tables up to date."""

    def __init__(self, database_url: str, key: MasterKey, clock: Clock = time.time) -> None:
        """Open the database (an SQLAlchemy URL: sqlite:///file or postgresql+psycopg://…)."""
        raise NotImplementedError

    def close(self) -> None:
        """Finish what is queued, then let go of the database."""
        raise NotImplementedError

    def __enter__(self) -> "Validator":
        """Use as a context that closes."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    # Checking

    async def check(self, request: CheckRequest) -> Verdict:
        """Check one code from an event loop; what is asked at the same time shares one commit."""
        raise NotImplementedError

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check from any thread."""
        raise NotImplementedError

    def check_many(self, requests: Sequence[CheckRequest]) -> list[Verdict]:
        """Check codes in order, in one transaction."""
        raise NotImplementedError

    def issue_challenge(
        self, *, user_id: str | None = None, serial: str | None = None, text: str | None = None, actor: str
    ) -> Challenge:
        """Make a challenge for an OCRA token, of `text` or drawn at random; it waits five minutes for its response."""
        raise NotImplementedError

    # Tokens

    def import_tokens(self, tokens: Sequence[NewToken], *, actor: str, progress: Progress | None = None) -> int:
        """Import all of them or none; KodebrikError names the first serial that cannot be. Give their number."""
        raise NotImplementedError

    def tokens(
        self,
        *,
        text: str = "",
        status: Status | None = None,
        user_id: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> Page[Token]:
        """List tokens by serial; `text` is looked for in serial and user-ID."""
        raise NotImplementedError

    def token(self, serial: str) -> Token:
        """Give one token; KodebrikError when there is none."""
        raise NotImplementedError

    def assign(self, serial: str, user_id: str, *, actor: str) -> Token:
        """Give a token from stock to a user (who is made when new)."""
        raise NotImplementedError

    def unassign(self, serial: str, *, actor: str) -> Token:
        """Put a token back into stock."""
        raise NotImplementedError

    def issue_activation_code(self, serial: str, *, actor: str, days: int = 30) -> ActivationCode:
        """Draw the code of the activation letter; an earlier one is void."""
        raise NotImplementedError

    def activate(
        self, serial: str, codes: Sequence[str], activation_code: str, *, user_id: str | None = None, actor: str
    ) -> Verdict:
        """Activate an assigned token with one code, or with two consecutive ones when its clock or counter is off.

        The user's former token becomes replaced. With `user_id`, the token must be that user's.
        """
        raise NotImplementedError

    def activate_by_administrator(self, serial: str, *, actor: str) -> Token:
        """Activate without codes or letter, for tokens that were handed over in person."""
        raise NotImplementedError

    def block(self, serial: str, *, reason: str = "", actor: str) -> Token:
        """Refuse the token's codes from now on (spær)."""
        raise NotImplementedError

    def unblock(self, serial: str, *, actor: str) -> Token:
        """Take a block back, and forget the failures (also of a token that is locked out)."""
        raise NotImplementedError

    def replace(self, serial: str, new_serial: str, *, block: bool = True, actor: str) -> Token:
        """Assign another token to the same user, and block the old one at once unless told not to. Give the new one."""
        raise NotImplementedError

    def resynchronise(self, serial: str, codes: Sequence[str], *, actor: str) -> Verdict:
        """Find clock or counter anew by two consecutive codes; accepts both at once."""
        raise NotImplementedError

    def delete(self, serial: str, *, actor: str) -> None:
        """Remove a token and its secret; its audit stays."""
        raise NotImplementedError

    def set_window(self, serial: str, *, window: int | None = None, look_ahead: int | None = None, actor: str) -> Token:
        """Set the window (0 to 10 steps) or look-ahead (0 to 100 counters) of one token."""
        raise NotImplementedError

    def clock_was_set(self, serial: str, *, at: float | None = None, actor: str) -> Token:
        """Forget the learnt drift, for the token's clock has been set (None: now)."""
        raise NotImplementedError

    def drift(self, serial: str) -> list[DriftPoint]:
        """Give the history of a token's clock, oldest first."""
        raise NotImplementedError

    # Users

    def users(self, *, text: str = "", offset: int = 0, limit: int = 50) -> Page[User]:
        """List users by user-ID."""
        raise NotImplementedError

    def user(self, user_id: str) -> User:
        """Give one user; KodebrikError when there is none."""
        raise NotImplementedError

    def create_user(self, user_id: str, *, email: str | None = None, language: str = "da", actor: str) -> User:
        """Make a user; KodebrikError for a user-ID against the rules, or one that is taken."""
        raise NotImplementedError

    def set_user(self, user_id: str, *, email: str | None, language: str, notify_on_use: bool, actor: str) -> User:
        """Set where and of what a user is told."""
        raise NotImplementedError

    def set_pin(self, user_id: str, pin: Secret | None, *, actor: str) -> User:
        """Ask for a PIN (4 to 32 characters) with every code of the user, or no more."""
        raise NotImplementedError

    def delete_user(self, user_id: str, *, actor: str) -> None:
        """Remove a user; their tokens go back into stock (those once activated as replaced)."""
        raise NotImplementedError

    # Audit, keys, notices

    def audit(self, *, serial: str | None = None, offset: int = 0, limit: int = 100) -> Page[AuditEntry]:
        """List audit entries, newest first; of one token's chain, or of all."""
        raise NotImplementedError

    def verify_audit(self, progress: Progress | None = None) -> AuditReport:
        """Follow every chain from its start to the head kept with its token."""
        raise NotImplementedError

    def rotate_key(self, *, actor: str, progress: Progress | None = None) -> int:
        """Draw a new data key and seal every secret anew, in one transaction. Give the number of secrets."""
        raise NotImplementedError

    def rewrap(self, new: MasterKey, *, actor: str) -> int:
        """Wrap the data keys under another master key; from the next start, only that one opens the database."""
        raise NotImplementedError

    def create_api_key(self, name: str, role: Role, *, actor: str) -> tuple[ApiKey, Secret]:
        """Make an API key; the key itself is given this once, and only its hash is kept."""
        raise NotImplementedError

    def api_keys(self) -> list[ApiKey]:
        """List API keys, revoked ones too."""
        raise NotImplementedError

    def revoke_api_key(self, name: str, *, actor: str) -> None:
        """Refuse an API key from now on (other workers follow within five seconds)."""
        raise NotImplementedError

    def authenticate(self, key: str) -> ApiKey | None:
        """Give the API key that was presented, None when it is unknown or revoked. Fast: answers are kept 5 s."""
        raise NotImplementedError

    def due_notices(self, limit: int = 20) -> list[Notice]:
        """Claim notices that wait to be sent, for two minutes each: then they are due again."""
        raise NotImplementedError

    def notice_sent(self, notice: Notice) -> None:
        """Forget a notice that was delivered."""
        raise NotImplementedError

    def notice_failed(self, notice: Notice) -> None:
        """Try again after 1, 2, 4 … minutes, at most a day apart; given up after 12 attempts, with an audit entry."""
        raise NotImplementedError

    # Health

    def ping(self) -> None:
        """Ask the database something; KodebrikError when it does not answer."""
        raise NotImplementedError

    def statistics(self) -> Statistics:
        """Count tokens by status, users and waiting notices."""
        raise NotImplementedError

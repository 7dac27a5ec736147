"""The validation server without its interfaces: everything that may be asked of it, as one object.

All methods but `check` block on the database and may be called from any thread. What they refuse is
a KodebrikError. `actor` is who asked, for the audit.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from host_tools.progress import Progress
from host_tools.secret import Secret
from host_tools.validator.errors import InvalidError
from host_tools.validator.group_commit import Batches
from host_tools.validator.keys.master_key import MasterKey
from host_tools.validator.operations import (
    activation,
    api_keys,
    audit_verification,
    bulk_assignment,
    challenges,
    check_batch,
    key_rotation,
    lifecycle,
    outbox,
    token_import,
    web_sessions,
)
from host_tools.validator.operations import users as accounts
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
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.store import queries
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.database import Database, is_retried
from host_tools.validator.store.migrate import migrate
from host_tools.validator.store.queries import TokenFilter
from host_tools.validator.store.unit_of_work import Ledger, StaleError

_ATTEMPTS = 10  # at a transaction that others were in the way of
_KEPT_SECONDS = (
    5.0  # that a known API key, and the session key, are believed without asking the database
)

T = TypeVar("T")

Clock = Callable[[], float]  # Unix seconds


class Validator:
    """The one façade. Opening it brings the database's tables up to date."""

    def __init__(self, database_url: str, key: MasterKey, clock: Clock = time.time) -> None:
        """Open the database (an SQLAlchemy URL: sqlite:///file or postgresql+psycopg://…)."""
        self._clock = clock
        self._keys = DataKeys(key)
        self._database = Database(database_url)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise
        self._known_keys: dict[str, tuple[float, ApiKey | None]] = {}
        self._session_key: tuple[float, Secret] | None = None
        self._batches = Batches(self.check_many)

    def _prepare(self) -> None:
        with self._database.writing() as connection:
            migrate(connection)
            self._keys.ensure(connection, self._clock())
            ledger = Ledger(connection, self._keys, self._clock(), "kodebrik")
            if ledger.is_new():
                ledger.note_server("start", {})
                ledger.flush()

    def close(self) -> None:
        """Finish what is queued, then let go of the database."""
        self._batches.close()
        self._database.close()

    def __enter__(self) -> "Validator":
        """Use as a context that closes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def session_key(self) -> Secret:
        """Give 32 bytes that seal cookies: the same for all workers of one database. Rotating the
        data key ends all sessions, in every worker within five seconds.
        """
        now = time.monotonic()
        if self._session_key is None or now >= self._session_key[0]:
            with self._database.reading() as connection:
                self._session_key = (now + _KEPT_SECONDS, self._keys.latest(connection).session)
        return self._session_key[1]

    def end_session(self, session: str, seconds: float) -> None:
        """Refuse a session of the administration in every worker, for the seconds that its cookie
        may still live."""
        self._write("local", lambda ledger: web_sessions.end(ledger, session, seconds))

    def has_ended(self, session: str) -> bool:
        """Say whether a session was ended."""
        with self._database.reading() as connection:
            return web_sessions.has_ended(connection, session)

    # Checking

    async def check(self, request: CheckRequest) -> Verdict:
        """Check one code from an event loop; what is asked at the same time shares one commit."""
        return await self._batches.check(request)

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check from any thread."""
        return self._batches.submit(request)

    def check_many(self, requests: Sequence[CheckRequest]) -> list[Verdict]:
        """Check codes in order, in one transaction."""
        return self._write("local", lambda ledger: check_batch.check(ledger, requests))

    def issue_challenge(
        self,
        *,
        user_id: str | None = None,
        serial: str | None = None,
        text: str | None = None,
        actor: str,
    ) -> Challenge:
        """Make a challenge for an OCRA token, of `text` or drawn at random; it waits five minutes
        for its response."""
        if (user_id is None) == (serial is None):
            raise InvalidError(
                "A challenge is for a user or for a token.",
                "Give either a user-ID or a serial number.",
            )

        def work(ledger: Ledger) -> Challenge:
            row = (
                ledger.token(serial)
                if serial is not None
                else lifecycle.active_token_of(ledger, user_id or "")
            )
            return challenges.issue_challenge(ledger, row, text)

        return self._write(actor, work)

    # Tokens

    def import_tokens(
        self,
        tokens: Sequence[NewToken],
        *,
        users: Mapping[str, str] | None = None,
        activate: bool = False,
        actor: str,
        progress: Progress | None = None,
    ) -> int:
        """Import all of them or none; KodebrikError names the first serial that cannot be. Give
        their number.

        `users` says, by serial number, who gets which of them at once, and `activate` whether they
        are active then.
        """

        def work(ledger: Ledger) -> int:
            count = token_import.import_tokens(ledger, tokens, progress)
            bulk_assignment.hand_out(ledger, users or {}, activate, None)
            return count

        return self._write(actor, work)

    def hand_out(
        self,
        users: Mapping[str, str],
        *,
        activate: bool = False,
        actor: str,
        progress: Progress | None = None,
    ) -> int:
        """Assign tokens, by serial number, to users, and activate them if told so: all of them or
        none."""
        return self._write(
            actor, lambda ledger: bulk_assignment.hand_out(ledger, users, activate, progress)
        )

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
        wanted = TokenFilter(text, status, user_id)
        with self._database.reading() as connection:
            return queries.token_page(connection, wanted, offset, limit, self._clock())

    def token(self, serial: str) -> Token:
        """Give one token; KodebrikError when there is none."""
        with self._database.reading() as connection:
            return queries.token(connection, serial, self._clock())

    def assign(self, serial: str, user_id: str, *, actor: str) -> Token:
        """Give a token from stock to a user (who is made when new)."""

        def work(ledger: Ledger, row: lifecycle.Row) -> None:
            owner = accounts.find_or_create(ledger, user_id)
            lifecycle.assign(ledger, row, owner["id"], owner["user_id"])

        return self._change(serial, actor, work)

    def unassign(self, serial: str, *, actor: str) -> Token:
        """Put a token back into stock."""
        return self._change(serial, actor, lifecycle.unassign)

    def issue_activation_code(self, serial: str, *, actor: str, days: int = 30) -> ActivationCode:
        """Draw the code of the activation letter; an earlier one is void."""
        return self._write(
            actor,
            lambda ledger: activation.issue_activation_code(ledger, ledger.token(serial), days),
        )

    def activate(
        self,
        serial: str,
        codes: Sequence[str],
        activation_code: str,
        *,
        user_id: str | None = None,
        actor: str,
    ) -> Verdict:
        """Activate an assigned token with one code, or with two consecutive ones when its clock or
        counter is off.

        The user's former token becomes replaced. With `user_id`, the token must be that user's.
        """

        def work(ledger: Ledger) -> Verdict:
            owner = None if user_id is None else lifecycle.owner_of(ledger, user_id)
            return activation.activate(ledger, ledger.token(serial), codes, activation_code, owner)

        return self._write(actor, work)

    def activate_by_user(
        self, serial: str, codes: Sequence[str], activation_code: str, *, user_id: str, actor: str
    ) -> bool:
        """Activate as activate() does, for who may be anybody: whatever is wrong, the answer is
        False."""
        return self._write(
            actor,
            lambda ledger: activation.activate_by_user(
                ledger, serial, codes, activation_code, user_id
            ),
        )

    def activate_by_administrator(self, serial: str, *, actor: str) -> Token:
        """Activate without codes or letter, for tokens that were handed over in person."""
        return self._change(serial, actor, activation.activate_by_administrator)

    def block(self, serial: str, *, reason: str = "", actor: str) -> Token:
        """Refuse the token's codes from now on (spær)."""
        return self._change(serial, actor, lambda ledger, row: lifecycle.block(ledger, row, reason))

    def unblock(self, serial: str, *, actor: str) -> Token:
        """Take a block back, and forget the failures (also of a token that is locked out)."""
        return self._change(serial, actor, lifecycle.unblock)

    def replace(self, serial: str, new_serial: str, *, block: bool = True, actor: str) -> Token:
        """Assign another token to the same user, and block the old one at once unless told not to.
        Give the new one."""

        def work(ledger: Ledger, new: lifecycle.Row) -> None:
            lifecycle.replace(ledger, ledger.token(serial), new, block)

        return self._change(new_serial, actor, work)

    def resynchronise(self, serial: str, codes: Sequence[str], *, actor: str) -> Verdict:
        """Find clock or counter anew by two consecutive codes; accepts both at once."""
        return self._write(
            actor, lambda ledger: activation.resynchronise(ledger, ledger.token(serial), codes)
        )

    def delete(self, serial: str, *, actor: str) -> None:
        """Remove a token and its secret; its audit stays."""
        self._write(actor, lambda ledger: lifecycle.remove(ledger, ledger.token(serial)))

    def set_window(
        self, serial: str, *, window: int | None = None, look_ahead: int | None = None, actor: str
    ) -> Token:
        """Set the window (0 to 10 steps) or look-ahead (0 to 100 counters) of one token."""
        return self._change(
            serial, actor, lambda ledger, row: lifecycle.set_window(ledger, row, window, look_ahead)
        )

    def clock_was_set(self, serial: str, *, at: float | None = None, actor: str) -> Token:
        """Forget the learnt drift, for the token's clock has been set (None: now)."""
        return self._change(
            serial,
            actor,
            lambda ledger, row: lifecycle.clock_was_set(
                ledger, row, ledger.now if at is None else at
            ),
        )

    def set_clock_ppm(self, serial: str, ppm: float, *, actor: str) -> Token:
        """Say what the token's clock can be off by in either direction (0 to 200 ppm)."""
        return self._change(
            serial, actor, lambda ledger, row: lifecycle.set_clock_ppm(ledger, row, ppm)
        )

    def drift(self, serial: str) -> list[DriftPoint]:
        """Give the history of a token's clock, oldest first."""
        with self._database.reading() as connection:
            return queries.drift_points(connection, serial)

    # Users

    def users(self, *, text: str = "", offset: int = 0, limit: int = 50) -> Page[User]:
        """List users by user-ID."""
        with self._database.reading() as connection:
            return queries.user_page(connection, text, offset, limit)

    def user(self, user_id: str) -> User:
        """Give one user; KodebrikError when there is none."""
        with self._database.reading() as connection:
            return queries.user(connection, user_id)

    def create_user(
        self, user_id: str, *, email: str | None = None, language: str = "da", actor: str
    ) -> User:
        """Make a user; KodebrikError for a user-ID against the rules, or one that is taken."""
        self._write(actor, lambda ledger: accounts.create(ledger, user_id, email, language))
        return self.user(user_id)

    def set_user(
        self, user_id: str, *, email: str | None, language: str, notify_on_use: bool, actor: str
    ) -> User:
        """Set where and of what a user is told."""

        def work(ledger: Ledger) -> None:
            accounts.set_contact(
                ledger, lifecycle.owner_of(ledger, user_id), email, language, notify_on_use
            )

        self._write(actor, work)
        return self.user(user_id)

    def set_pin(self, user_id: str, pin: Secret | None, *, actor: str) -> User:
        """Ask for a PIN (4 to 32 characters) with every code of the user, or no more."""
        self._write(
            actor, lambda ledger: accounts.set_pin(ledger, lifecycle.owner_of(ledger, user_id), pin)
        )
        return self.user(user_id)

    def delete_user(self, user_id: str, *, actor: str) -> None:
        """Remove a user; their tokens go back into stock."""
        self._write(
            actor, lambda ledger: accounts.remove(ledger, lifecycle.owner_of(ledger, user_id))
        )

    # Audit, keys, notices

    def audit(
        self, *, serial: str | None = None, offset: int = 0, limit: int = 100
    ) -> Page[AuditEntry]:
        """List audit entries, newest first; of one token's chain, or of all."""
        with self._database.reading() as connection:
            return queries.audit_page(connection, serial, offset, limit)

    def verify_audit(self, progress: Progress | None = None) -> AuditReport:
        """Follow every chain from its start to the head kept with its token."""
        with self._database.reading() as connection:
            return audit_verification.verify(connection, self._keys, progress)

    def rotate_key(self, *, actor: str, progress: Progress | None = None) -> int:
        """Draw a new data key and seal every secret anew, in one transaction. Give the number of
        secrets."""
        sealed = self._write(actor, lambda ledger: key_rotation.rotate(ledger, progress))
        self._session_key = None
        return sealed

    def rewrap(self, new: MasterKey, *, actor: str) -> int:
        """Wrap the data keys under another master key; from the next start, only that one opens the
        database."""
        return self._write(actor, lambda ledger: key_rotation.rewrap(ledger, new))

    def create_api_key(self, name: str, role: Role, *, actor: str) -> tuple[ApiKey, Secret]:
        """Make an API key; the key itself is given this once, and only its hash is kept."""
        return self._write(actor, lambda ledger: api_keys.create(ledger, name, role))

    def api_keys(self) -> list[ApiKey]:
        """List API keys, revoked ones too."""
        with self._database.reading() as connection:
            return api_keys.everyone(connection)

    def revoke_api_key(self, name: str, *, actor: str) -> None:
        """Refuse an API key from now on (other workers follow within five seconds)."""
        self._write(actor, lambda ledger: api_keys.revoke(ledger, name))
        self._known_keys.clear()

    def authenticate(self, key: str) -> ApiKey | None:
        """Give the API key that was presented, None when it is unknown or revoked. Fast: answers
        are kept 5 s."""
        now = time.monotonic()
        until, found = self._known_keys.get(key, (0.0, None))
        if now < until:
            return found
        with self._database.reading() as connection:
            found = api_keys.find(connection, key)
        if found is not None:  # unknown ones are not kept: nobody may fill the memory with them
            self._known_keys[key] = (now + _KEPT_SECONDS, found)
        return found

    def due_notices(self, limit: int = 20) -> list[Notice]:
        """Claim notices that wait to be sent, for two minutes each: then they are due again."""
        return self._write("notices", lambda ledger: outbox.due(ledger, limit))

    def notice_sent(self, notice: Notice) -> None:
        """Forget a notice that was delivered."""
        self._write("notices", lambda ledger: outbox.sent(ledger, notice))

    def notice_failed(self, notice: Notice) -> None:
        """Try again after 1, 2, 4 … minutes, at most a day apart; given up after 12 attempts, with
        an audit entry."""
        self._write("notices", lambda ledger: outbox.failed(ledger, notice))

    # Health

    def ping(self) -> None:
        """Ask the database something; KodebrikError when it does not answer."""
        with self._database.reading() as connection:
            connection.execute(select(1))

    def statistics(self) -> Statistics:
        """Count tokens by status, users and waiting notices."""
        with self._database.reading() as connection:
            return queries.statistics(connection)

    # Transactions

    def _write(self, actor: str, work: Callable[[Ledger], T]) -> T:
        """Do `work` in one transaction that is durable on return; again when another worker was in
        its way."""
        attempts = 0
        while True:
            try:
                with self._database.writing() as connection:
                    ledger = Ledger(connection, self._keys, self._clock(), actor)
                    result = work(ledger)
                    ledger.flush()
                return result
            except (StaleError, DBAPIError) as error:
                attempts += 1
                if attempts == _ATTEMPTS or not _is_race(error):
                    raise

    def _change(
        self, serial: str, actor: str, work: Callable[[Ledger, lifecycle.Row], object]
    ) -> Token:
        def change(ledger: Ledger) -> None:
            work(ledger, ledger.token(serial))

        self._write(actor, change)
        return self.token(serial)


def _is_race(error: Exception) -> bool:
    # A row that changed, a unique index that another transaction got to first, a deadlock: each
    # looks different anew.
    return isinstance(error, (StaleError, IntegrityError)) or (
        isinstance(error, DBAPIError) and is_retried(error)
    )

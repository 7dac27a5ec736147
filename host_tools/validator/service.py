"""The validation server without its interfaces: every operation, each in one transaction.

All methods but `check` block on the database and may be called from any thread. They refuse with a
KodebrikError. `actor` is who asks, for the audit.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Concatenate, ParamSpec, Protocol

from host_tools.progress import Progress
from host_tools.secret import Secret
from host_tools.validator.app_service import AppService
from host_tools.validator.errors import InvalidError, UnavailableError
from host_tools.validator.group_commit import GroupCommit, Outcome
from host_tools.validator.keys.master_key import MasterKey
from host_tools.validator.openid_service import OpenIdService
from host_tools.validator.operations import (
    activation,
    api_keys,
    bulk_assignment,
    challenges,
    check_batch,
    guesses,
    key_rotation,
    lifecycle,
    outbox,
    readiness,
    token_import,
    users,
    web_sessions,
)
from host_tools.validator.operations.audit import anchors, verification
from host_tools.validator.records import (
    ActivationCode,
    ApiKey,
    AuditAnchor,
    AuditEntry,
    AuditReport,
    Challenge,
    DriftPoint,
    Guesser,
    HandOut,
    NewToken,
    Notice,
    Page,
    Role,
    SessionLimits,
    SignIn,
    Statistics,
    Status,
    Token,
    User,
)
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.store import audit_root, counts, queries, tables
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.database import Contents, Database, large_cache
from host_tools.validator.store.migrate import Migration, migrate
from host_tools.validator.store.queries import TokenFilter
from host_tools.validator.store.row_ids import continue_after
from host_tools.validator.store.rows import TokenRow, UserRow
from host_tools.validator.store.transactions import Transactions
from host_tools.validator.store.unit_of_work import UnitOfWork
from host_tools.validator.user_id import UserIdRule

P = ParamSpec("P")
Clock = Callable[[], float]  # Unix seconds
_COUNTS_SINCE = "0002"  # revision of the schema


class Writer(Protocol):
    """Whoever decides checks for several processes."""

    async def check(self, request: CheckRequest) -> Verdict:
        """Decide a check."""

    def probe(self) -> None:
        """Raise KodebrikError when no checks can be decided."""

    def close(self) -> None:
        """Decide nothing more."""


def is_validator(database_url: str) -> bool:
    """Say whether a database is a validator's; False for one without tables. KodebrikError for
    another program's."""
    database = Database(database_url)
    try:
        database.require_validator(or_nothing=True)
        return database.holds() is Contents.VALIDATOR
    finally:
        database.close()


class Validator:
    """The one façade. Opening it brings the database's schema up to date."""

    def __init__(  # noqa: PLR0913 - how it is opened
        self,
        database_url: str,
        key: MasterKey,
        clock: Clock = time.time,
        *,
        user_ids: UserIdRule = UserIdRule(),  # noqa: B008 - immutable
        create: bool = True,
        writer: Writer | None = None,
    ) -> None:
        """Open the database (an SQLAlchemy URL: sqlite:///file or postgresql+psycopg://…). New
        user-IDs follow `user_ids`. Unless told to `create`, the database must be a validator's;
        another program's is refused in any case, and stays as it is. What check() is asked, the
        `writer` decides if there is one."""
        self._clock = clock
        self._keys = DataKeys(key)
        self._database = Database(database_url, create)
        transactions = Transactions(self._database, self._keys, clock, user_ids)
        self._read, self._write = transactions.read, transactions.write
        self.app = AppService(transactions, self._keys, clock)
        self.openid = OpenIdService(transactions, self._keys, clock)
        try:
            self._database.require_validator(or_nothing=create)
            self.migration = self._prepare()
        except BaseException:
            self._database.close()
            raise
        self._writer = writer
        self._group_commit = GroupCommit(self.decide)

    @property
    def is_new(self) -> bool:
        """Say whether opening it has made the tables."""
        return self.migration.before is None

    @property
    def database_name(self) -> str:
        """Give the path of an SQLite file, or a PostgreSQL database's name: never a password."""
        return self._database.name

    def close(self) -> None:
        """Decide the checks that wait, then close the database."""
        self._group_commit.close()
        if self._writer is not None:
            self._writer.close()
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

    # Checks

    async def check(self, request: CheckRequest) -> Verdict:
        """Check one code from an event loop; checks that arrive together share one commit."""
        if self._writer is not None:
            return await self._writer.check(request)
        return await self._group_commit.check(request)

    def submit(self, request: CheckRequest) -> "Future[Verdict]":
        """Queue one check from any thread."""
        return self._group_commit.submit(request)

    def check_many(self, requests: Sequence[CheckRequest]) -> list[Verdict]:
        """Check codes in order, in one transaction."""
        return self._write("local", check_batch.check, requests)

    def decide(self, requests: Sequence[CheckRequest]) -> list[Outcome]:
        """Check codes in order, in one transaction; when some check fails, each in a transaction of
        its own. Give verdicts, and the errors of those that failed."""
        try:
            return list(self.check_many(requests))
        except UnavailableError as error:
            return [error] * len(requests)
        except Exception as error:
            if len(requests) == 1:
                return [error]
            return [outcome for request in requests for outcome in self.decide([request])]

    def issue_challenge(
        self,
        *,
        user_id: str | None = None,
        serial: str | None = None,
        text: str | None = None,
        actor: str,
    ) -> Challenge:
        """Issue a challenge to an OCRA token, `text` or one drawn at random; it waits five minutes
        for its response."""
        if user_id is not None and serial is None:
            return self._write(actor, challenges.issue_to_user, user_id, text)
        if serial is not None and user_id is None:
            return self._write(actor, challenges.issue_to_token, serial, text)
        raise InvalidError("challenge-one-target")

    # Tokens

    def import_tokens(
        self,
        tokens: Collection[NewToken],
        *,
        users: Mapping[str, str] | None = None,
        activate: bool = False,
        actor: str,
        progress: Progress | None = None,
    ) -> int:
        """Import all of them or none; KodebrikError names the first serial that cannot be. Give
        their number. They are gone through one by one, and once more when another worker was in
        the way.

        `users` says, by serial number, to whom tokens are assigned at once, and `activate` whether
        those are active then.
        """

        def operation(unit: UnitOfWork) -> int:
            with large_cache(unit.connection):
                count = token_import.import_tokens(unit, tokens, progress)
                bulk_assignment.assign_tokens(unit, users or {}, activate, None)
            return count

        return self._write(actor, operation)

    def already_imported(self, tokens: Collection[NewToken], *, actor: str) -> set[str]:
        """Give the serial numbers of those that are here already, with the same secret and the same
        codes; KodebrikError for one that is here otherwise."""
        return self._write(actor, token_import.already_imported, tokens)

    def assign_tokens(
        self,
        users: Mapping[str, str],
        *,
        activate: bool = False,
        actor: str,
        take_back: bool = False,
        progress: Progress | None = None,
    ) -> HandOut:
        """Assign tokens, by serial number, to users, and activate them if asked to: all of them or
        none. With `take_back` they may be somebody else's until then."""
        return self._write(
            actor, bulk_assignment.assign_tokens, users, activate, progress, take_back
        )

    def activate_tokens(self, serials: Sequence[str], *, actor: str) -> HandOut:
        """Activate tokens that were handed over in person, without codes: all of them or none."""
        return self._write(actor, bulk_assignment.activate_tokens, serials)

    def tokens(
        self,
        *,
        text: str = "",
        status: Status | None = None,
        user_id: str | None = None,
        cursor: str = "",
        limit: int = 50,
    ) -> Page[Token]:
        """List tokens by serial; with a `text`, those whose serial or user-ID holds it, in the
        order in which they were imported. `cursor` is from another page."""
        chosen = TokenFilter(text, status, user_id)
        return self._read(queries.token_page, self._keys, chosen, cursor, limit, self._clock())

    def token(self, serial: str) -> Token:
        """Give one token; KodebrikError when there is none."""
        return self._read(queries.token, self._keys, serial, self._clock())

    def assign(self, serial: str, user_id: str, *, actor: str) -> Token:
        """Assign a token from stock to a user (who is created when new)."""

        def operation(unit: UnitOfWork, token: TokenRow) -> None:
            lifecycle.assign(unit, token, users.find_or_create(unit, user_id))

        return self._change_token(serial, actor, operation)

    def unassign(self, serial: str, *, actor: str) -> Token:
        """Put a token back into stock."""
        return self._change_token(serial, actor, lifecycle.unassign)

    def issue_activation_code(self, serial: str, *, actor: str, days: int = 30) -> ActivationCode:
        """Draw the code of the activation letter; an earlier one is void."""

        def operation(unit: UnitOfWork) -> ActivationCode:
            return activation.issue_activation_code(unit, unit.lock_token(serial), days)

        return self._write(actor, operation)

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
        return self._write(
            actor, activation.activate_serial, serial, codes, activation_code, user_id
        )

    def activate_by_user(
        self, serial: str, codes: Sequence[str], activation_code: str, *, user_id: str, actor: str
    ) -> bool:
        """Activate as activate() does, for a caller who may be anybody: whatever is wrong, the
        answer is False."""
        return self._write(
            actor, activation.activate_by_user, serial, codes, activation_code, user_id
        )

    def activate_by_administrator(self, serial: str, *, actor: str) -> Token:
        """Activate without codes or letter, for tokens that were handed over in person."""
        return self._change_token(serial, actor, activation.activate_by_administrator)

    def block(self, serial: str, *, reason: str = "", actor: str) -> Token:
        """Refuse the token's codes from now on (Danish: spær)."""
        return self._change_token(serial, actor, lifecycle.block, reason)

    def unblock(self, serial: str, *, actor: str) -> Token:
        """Undo a block, and forget the failures (also of a token that is locked out)."""
        return self._change_token(serial, actor, lifecycle.unblock)

    def replace(self, serial: str, new_serial: str, *, block: bool = True, actor: str) -> Token:
        """Assign another token to the same user, and block the old one at once unless told not to.
        Give the new one."""
        return self._change_token(new_serial, actor, lifecycle.replace, serial, block)

    def resynchronise(self, serial: str, codes: Sequence[str], *, actor: str) -> Verdict:
        """Find clock or counter anew by two consecutive codes; accepts both at once."""

        def operation(unit: UnitOfWork) -> Verdict:
            return activation.resynchronise(unit, unit.lock_token(serial), codes)

        return self._write(actor, operation)

    def delete(self, serial: str, *, actor: str) -> None:
        """Delete a token and its secret; its audit stays."""
        self._write(actor, lambda unit: lifecycle.delete_token(unit, unit.lock_token(serial)))

    def set_window(
        self, serial: str, *, window: int | None = None, look_ahead: int | None = None, actor: str
    ) -> Token:
        """Set the window (0 to 10 steps) or look-ahead (0 to 100 counters) of one token."""
        return self._change_token(serial, actor, lifecycle.set_window, window, look_ahead)

    def clock_was_set(self, serial: str, *, at: float | None = None, actor: str) -> Token:
        """Forget the estimated drift, for the token's clock has been set (None: now)."""
        return self._change_token(serial, actor, lifecycle.reset_clock, at)

    def set_clock_ppm(self, serial: str, ppm: float, *, actor: str) -> Token:
        """Set the largest rate error of the token's clock in either direction (0 to 200 ppm)."""
        return self._change_token(serial, actor, lifecycle.set_clock_ppm, ppm)

    def drift(self, serial: str) -> list[DriftPoint]:
        """Give the drift history of a token's clock, oldest first."""
        return self._read(queries.drift_points, self._keys, serial)

    # Users

    def users(self, *, text: str = "", cursor: str = "", limit: int = 50) -> Page[User]:
        """List users by user-ID; with a `text`, those whose user-ID holds it, in the order in which
        they were made. `cursor` is from another page. KodebrikError when a row was changed."""
        return self._read(queries.user_page, self._keys, text, cursor, limit)

    def user(self, user_id: str) -> User:
        """Give one user; KodebrikError when there is none, or the row was changed."""
        return self._read(queries.user, self._keys, user_id)

    def create_user(
        self, user_id: str, *, email: str | None = None, language: str = "da", actor: str
    ) -> User:
        """Create a user; KodebrikError for a user-ID against the rules, or one that is taken."""
        self._write(actor, users.create, user_id, email, language)
        return self.user(user_id)

    def set_user(
        self, user_id: str, *, email: str | None, language: str, notify_on_use: bool, actor: str
    ) -> User:
        """Set where and of what a user is notified."""
        self._change_user(user_id, actor, users.set_contact, email, language, notify_on_use)
        return self.user(user_id)

    def set_pin(self, user_id: str, pin: Secret | None, *, actor: str) -> User:
        """Require a PIN (4 to 32 characters) with every code of the user, or no longer (None)."""
        self._change_user(user_id, actor, users.set_pin, pin)
        return self.user(user_id)

    def delete_user(self, user_id: str, *, actor: str) -> None:
        """Delete a user; their tokens go back into stock."""
        self._change_user(user_id, actor, users.delete_user)

    def code_digits(self, *, user_id: str | None = None, serial: str | None = None) -> int | None:
        """Give how many digits the codes of a user's active token have, or those of a token; None
        when there is none."""
        return self._read(queries.code_digits, user_id, serial)

    # Audit and keys

    def audit(
        self, *, serial: str | None = None, cursor: str = "", limit: int = 100
    ) -> Page[AuditEntry]:
        """List audit entries, newest first; of one token's chain, or of all. `cursor` is from
        another page."""
        return self._read(queries.audit_page, serial, cursor, limit)

    def verify_audit(
        self,
        progress: Progress | None = None,
        *,
        anchor: AuditAnchor | None = None,
        resume: bool = False,
    ) -> AuditReport:
        """Verify every chain from its first entry to its sealed head, every row, and that the
        database continues the state that `anchor` was taken of. To `resume`, of the audit only
        what came since the anchor is read."""
        return self._read(verification.verify, self._keys, anchor, progress, resume=resume)

    def anchor_audit(self, *, actor: str) -> AuditAnchor:
        """Give a sealed statement of how far the audit has come, to keep elsewhere."""
        return self._write(actor, anchors.make)

    def rotate_key(self, *, actor: str, progress: Progress | None = None) -> int:
        """Draw a new data key, encrypt every secret with it and close every web session, in one
        transaction. Give the number of secrets."""
        return self._write(actor, key_rotation.rotate_data_key, progress)

    def rewrap(self, new: MasterKey, *, actor: str) -> int:
        """Wrap the data keys under another master key; from the next start, only that one opens the
        database."""
        return self._write(actor, key_rotation.rewrap_data_keys, new)

    def note_restore(self, name: str, *, actor: str) -> None:
        """Note in the audit that the database was put back from the backup file `name`."""

        def operation(unit: UnitOfWork) -> None:
            unit.record_server_event("restore", {"file": name})

        self._write(actor, operation)

    def create_api_key(self, name: str, role: Role, *, actor: str) -> tuple[ApiKey, Secret]:
        """Create an API key; the key itself is given this once, and only its hash is stored."""
        return self._write(actor, api_keys.create, name, role)

    def api_keys(self) -> list[ApiKey]:
        """List API keys, revoked ones too."""
        return self._read(api_keys.list_all)

    def revoke_api_key(self, name: str, *, actor: str) -> None:
        """Refuse an API key from now on."""
        self._write(actor, api_keys.revoke, name)

    def authenticate(self, key: str) -> ApiKey | None:
        """Give the API key that was presented, None when it is unknown or revoked. Asks the
        database each time; callers may keep the answer for as long as a revocation may take."""
        return self._read(api_keys.authenticate, self._keys, key)

    def authenticate_guess(self, key: str, guesser: Guesser) -> ApiKey | None:
        """Do as authenticate() for a caller who may be anybody: a wrong key counts as a guess of
        their network; TooManyRequestsError when it has none left."""
        self._read(guesses.require_guess, self._keys, guesser, self._clock())
        return self._write("site", guesses.authenticate, key, guesser)

    def count_guess(self, guesser: Guesser) -> None:
        """Count a guess of a network; TooManyRequestsError when it has none left."""
        # First without the lock that a writer takes: who asks too often must not slow others down.
        self._read(guesses.require_guess, self._keys, guesser, self._clock())
        self._write("site", guesses.count_guess, guesser)

    def give_back_guess(self, guesser: Guesser) -> None:
        """Count one guess less than was counted: it was right."""
        self._write("site", guesses.give_back, guesser)

    # Sessions of the web site

    def open_session(self, key: str, limits: SessionLimits) -> tuple[Secret, ApiKey] | None:
        """Open a session of the administration for the owner of an API key; give its id, or None
        for a key that is unknown or revoked."""
        return self._write("site", web_sessions.open_for_api_key, key, limits)

    def session_owner(self, session_id: Secret, limits: SessionLimits) -> ApiKey | None:
        """Give the API key of an open session, which counts as used now; None when it has ended."""
        found = self._read(web_sessions.find, self._keys, session_id, self._clock(), limits)
        if found is None:
            return None
        key, due = found
        if due:
            self._write("site", web_sessions.renew, session_id, limits)
        return key

    def open_sign_in(self, user_id: str, challenge: str, limits: SessionLimits) -> Secret:
        """Open a session for a visitor who is about to sign in with a code; give its id."""
        return self._write("site", web_sessions.open_sign_in, user_id, challenge, limits)

    def sign_in(self, session_id: Secret) -> SignIn | None:
        """Give the sign-in of an open session; None when there is none."""
        return self._read(web_sessions.sign_in, self._keys, session_id, self._clock())

    def approve_sign_in(self, session_id: Secret, limits: SessionLimits) -> Secret | None:
        """Note that a code was accepted. Give the session's fresh id; None when it has ended."""
        return self._write("site", web_sessions.approve_sign_in, session_id, limits)

    def close_session(self, session_id: Secret) -> None:
        """Close a session of either kind, in every worker."""
        self._write("site", web_sessions.close, session_id)

    # Notices

    def due_notices(self, limit: int = 20) -> list[Notice]:
        """Claim notices that wait to be sent, for two minutes each: then they are due again."""
        return self._write("notices", outbox.claim_due, limit)

    def notice_sent(self, notice: Notice) -> None:
        """Remove a notice that was delivered."""
        self._write("notices", outbox.remove, notice)

    def notice_failed(self, notice: Notice) -> bool:
        """Try again after 1, 2, 4 … minutes, at most a day apart; given up after 12 attempts, with
        an audit entry. Say whether it is tried again."""
        return self._write("notices", outbox.postpone, notice)

    # Health

    def probe(self) -> None:
        """Read the root, open its data key and write a row; KodebrikError when the database does
        not answer or takes nothing, the master key does not open it, or the root was changed, here
        or for the writer."""
        self._write("readiness", readiness.probe_write)
        if self._writer is not None:
            self._writer.probe()

    def clock_behind(self) -> float:
        """Give by how many seconds the clock is behind what the database holds, 0 when it is
        not."""
        return self._read(readiness.seconds_behind, self._clock())

    def statistics(self) -> Statistics:
        """Count tokens by status, users and waiting notices."""
        return self._read(queries.statistics)

    def _prepare(self) -> Migration:
        with self._database.writing() as connection:
            migration = migrate(connection)
            if self._keys.is_empty(connection):
                audit_root.found(connection, self._keys, self._clock())
            unit = UnitOfWork(connection, self._keys, self._clock(), "kodebrik")
            if migration.before is None or migration.before < _COUNTS_SINCE:
                unit.insert(tables.counts, counts.counted(connection))
            if unit.server_chain_head().sequence == 0:
                unit.record_server_event("start", {})
            unit.complete()
            continue_after(queries.last_entry_id(connection))
        return migration

    def _change_token(
        self,
        serial: str,
        actor: str,
        operation: Callable[Concatenate[UnitOfWork, TokenRow, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Token:
        """Call `operation` on a locked token; give the token as it is then."""
        self._write(actor, lambda unit: operation(unit, unit.lock_token(serial), *args, **kwargs))
        return self.token(serial)

    def _change_user(
        self,
        user_id: str,
        actor: str,
        operation: Callable[Concatenate[UnitOfWork, UserRow, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Call `operation` on a user."""
        self._write(actor, lambda unit: operation(unit, users.find(unit, user_id), *args, **kwargs))

"""App devices and approvals, as the web and the relying parties ask for them: `validator.app`, a
part of the one façade.

Devices name their session; who has none gets a SessionEndedError.
"""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AppAct,
    AppDevice,
    AppEvent,
    AppNotices,
    AppReason,
    Approval,
    ApprovalLimits,
    ApprovalRequest,
    ApprovalState,
    AppSession,
    AppVerdict,
    NewAppDevice,
    Report,
    SignedAnswer,
    SignedChallenge,
    Waiting,
    WaitingApproval,
)
from host_tools.validator.operations import guesses, users
from host_tools.validator.operations.app import (
    answers,
    approvals,
    challenges,
    devices,
    history,
    reports,
    sessions,
)
from host_tools.validator.records import ActivationCode, Guesser
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.transactions import Transactions
from host_tools.validator.store.unit_of_work import UnitOfWork

_ACTOR = "app"
# Of an opening. An app that is open twice on one telephone has a counter behind, and asks again.
_NO_GUESS = (AppReason.ACCEPTED, AppReason.REPLAYED)


class AppService:
    """The operations of app devices and approvals, each in one transaction."""

    def __init__(
        self, transactions: Transactions, keys: DataKeys, clock: Callable[[], float]
    ) -> None:
        """Work on the validator's database."""
        self._read, self._write = transactions.read, transactions.write
        self._keys, self._clock = keys, clock

    # Relying parties

    def ask(self, request: ApprovalRequest, limits: ApprovalLimits, *, actor: str) -> Approval:
        """Ask a user for an approval, whether or not there is such a user; an earlier one of the
        same session is cancelled. TooManyRequestsError when the user-ID was asked too often."""
        return self._write(actor, approvals.request, request, limits)

    def approval(self, parties: Collection[str], reference: str) -> Approval:
        """Give an approval that a party has asked for; KodebrikError when there is none."""
        return self._read(approvals.find, self._keys, parties, reference, self._clock())

    def of_session(self, party: str, session: str) -> Approval | None:
        """Give the newest approval that a party has asked for in a browser session; None without
        one."""
        return self._read(approvals.of_session, self._keys, party, session, self._clock())

    def cancel(self, parties: Collection[str], reference: str, *, actor: str) -> Approval:
        """Take back an approval that waits; one that does not stays as it is."""
        return self._write(actor, approvals.cancel, parties, reference)

    def state(self, reference: str) -> ApprovalState | None:
        """Give the state of an approval to whoever knows its id; None when there is none."""
        return self._read(approvals.state, self._keys, reference, self._clock())

    def use(
        self,
        parties: Collection[str],
        reference: str,
        *,
        user_id: str | None = None,
        actor: str,
    ) -> bool:
        """Use an approval, as approvals.use() says: True once; with `user_id`, by that user."""
        return self._write(actor, approvals.use, parties, reference, user_id)

    # Reports

    def report(self, user_id: str) -> Report | None:
        """Give the report by which a user is asked nothing; None when there is none."""
        return self._read(reports.of_user, self._keys, user_id)

    def lift_report_for(self, user_id: str, *, actor: str) -> None:
        """Let a user be asked again; KodebrikError when they have reported nothing."""
        self._write(actor, lambda unit: reports.lift_for(unit, users.find(unit, user_id)))

    def lift_report(
        self, session: Secret, asked: SignedChallenge, reference: str, *, pin: str = ""
    ) -> AppVerdict:
        """Let the device's user be asked again; KodebrikError when it is not by that report that
        they are not."""

        def operation(unit: UnitOfWork) -> AppVerdict:
            holder, verdict = sessions.prove_again(
                unit, session, asked, pin, AppAct.LIFT_REPORT, reference
            )
            if verdict.accepted:
                reports.lift(unit, holder.owner, reference, holder.token)
            return verdict

        return self._write(_ACTOR, operation)

    # Activation

    def issue_letter(self, user_id: str, *, days: int = 30, actor: str) -> ActivationCode:
        """Draw the code of a letter by which a user activates a device; an earlier one is void."""
        return self._write(actor, devices.issue_letter, user_id, days)

    def challenge(self) -> str:
        """Give a challenge to sign, good for five minutes."""

        def made(connection: Connection) -> str:
            newest = audit_root.read(connection, self._keys).audit_key
            return challenges.make(self._keys.get(connection, newest), self._clock())

        return self._read(made)

    def number(self, challenge: str) -> str:
        """Give the number of a challenge, which a challenge-response token answers; KodebrikError
        when it is not fresh. Whoever calls limits how often it is asked for."""

        def made(connection: Connection) -> str:
            newest = audit_root.read(connection, self._keys).audit_key
            key = self._keys.get(connection, newest)
            return challenges.number_of_fresh(key, challenge, self._clock())

        return self._read(made)

    def activate(self, new: NewAppDevice, guesser: Guesser) -> AppDevice | None:
        """Activate a device whose key was proven; None whatever is wrong of challenge, user and
        code, which counts as a guess. TooManyRequestsError when none is left."""

        def operation(unit: UnitOfWork) -> AppDevice | None:
            return guesses.decide(
                unit, guesser, lambda: devices.activate(unit, new), lambda made: made is None
            )

        self._read(guesses.require_guess, self._keys, guesser, self._clock())
        return self._write(_ACTOR, operation)

    # Devices

    def open_session(
        self, asked: SignedChallenge, guesser: Guesser, *, pin: str = "", seconds: float
    ) -> tuple[AppVerdict, AppSession | None]:
        """Open a session of so many seconds for the device that has signed. What is refused counts
        as a guess, but for a counter that is behind; TooManyRequestsError when none is left."""

        def operation(unit: UnitOfWork) -> tuple[AppVerdict, AppSession | None]:
            return guesses.decide(
                unit,
                guesser,
                lambda: sessions.open_session(unit, asked, pin, seconds),
                lambda opened: opened[0].reason not in _NO_GUESS,
            )

        self._read(guesses.require_guess, self._keys, guesser, self._clock())
        return self._write(_ACTOR, operation)

    def close_session(self, session: Secret) -> None:
        """Close a session."""
        self._write(_ACTOR, sessions.close, session)

    def waiting(self, session: Secret) -> Waiting:
        """Give what waits for the device's user, and what they have reported."""

        def found(connection: Connection) -> Waiting:
            now = self._clock()
            holder = sessions.find(connection, self._keys, session, now)
            return answers.waiting(connection, self._keys, holder, now)

        return self._read(found)

    def answer(self, session: Secret, given: SignedAnswer) -> AppVerdict:
        """Decide about an answer, and carry it out when it is accepted."""
        return self._write(_ACTOR, answers.answer, session, given)

    def wait_longer(
        self, parties: Collection[str], reference: str, limits: ApprovalLimits, *, actor: str
    ) -> Approval:
        """Let an approval wait for its whole life from now, as extend() does, for who asked."""
        return self._write(actor, approvals.extend, parties, reference, limits)

    def extend(self, session: Secret, reference: str, limits: ApprovalLimits) -> WaitingApproval:
        """Let an approval wait for its whole life from now. KodebrikError when it does not wait,
        or was extended ten times."""
        return self._write(_ACTOR, answers.extend, session, reference, limits)

    def practise(
        self, session: Secret, answered: SignedAnswer, asked: WaitingApproval
    ) -> AppVerdict:
        """Say whether an answer to a practice approval is right; nothing is changed."""

        def tried(connection: Connection) -> AppVerdict:
            holder = sessions.find(connection, self._keys, session, self._clock())
            return answers.practise(connection, self._keys, holder, answered, asked)

        return self._read(tried)

    def practice(
        self, session: Secret, limits: ApprovalLimits, language: str | None
    ) -> WaitingApproval:
        """Make an approval to practise on, which nothing keeps, in a language; None: the user's."""

        def made(connection: Connection) -> WaitingApproval:
            now = self._clock()
            holder = sessions.find(connection, self._keys, session, now)
            return answers.practice(holder, now, limits, language)

        return self._read(made)

    def devices(self, session: Secret) -> tuple[str, list[AppDevice]]:
        """List the devices of the device's user, the oldest first; give this one's serial number
        too."""

        def found(connection: Connection) -> tuple[str, list[AppDevice]]:
            holder = sessions.find(connection, self._keys, session, self._clock())
            return holder.token.serial, devices.listed(connection, self._keys, holder.owner)

        return self._read(found)

    def remove_device(
        self, session: Secret, asked: SignedChallenge, serial: str, *, pin: str = ""
    ) -> AppVerdict:
        """Remove a device of the device's user; KodebrikError when it is none of theirs."""

        def operation(unit: UnitOfWork) -> AppVerdict:
            holder, verdict = sessions.prove_again(
                unit, session, asked, pin, AppAct.REMOVE_DEVICE, serial
            )
            if verdict.accepted:
                devices.remove(unit, holder.owner, serial)
            return verdict

        return self._write(_ACTOR, operation)

    def issue_code(
        self, session: Secret, asked: SignedChallenge, *, pin: str = ""
    ) -> tuple[AppVerdict, ActivationCode | None]:
        """Draw a code for another device of the same user."""

        def operation(
            unit: UnitOfWork,
        ) -> tuple[AppVerdict, ActivationCode | None]:
            holder, verdict = sessions.prove_again(unit, session, asked, pin, AppAct.NEW_DEVICE)
            if not verdict.accepted:
                return verdict, None
            return verdict, devices.issue_code(unit, holder.owner)

        return self._write(_ACTOR, operation)

    def history(self, session: Secret) -> list[AppEvent]:
        """List what happened on and to the user's devices, the newest first."""

        def found(connection: Connection) -> list[AppEvent]:
            holder = sessions.find(connection, self._keys, session, self._clock())
            return history.of_user(connection, holder.owner.id)

        return self._read(found)

    def notices(self, session: Secret) -> AppNotices:
        """Say of what the device's user is notified."""

        def found(connection: Connection) -> AppNotices:
            owner = sessions.find(connection, self._keys, session, self._clock()).owner
            return AppNotices(owner.notify_on_use, owner.email is not None)

        return self._read(found)

    def set_notify_on_use(
        self, session: Secret, asked: SignedChallenge, chosen: bool, *, pin: str = ""
    ) -> AppVerdict:
        """Choose whether the user is notified of each use."""

        def operation(unit: UnitOfWork) -> AppVerdict:
            what = str(chosen).lower()
            holder, verdict = sessions.prove_again(unit, session, asked, pin, AppAct.NOTICES, what)
            if verdict.accepted:
                owner = holder.owner
                users.set_contact(unit, owner, owner.email, owner.language, chosen)
            return verdict

        return self._write(_ACTOR, operation)

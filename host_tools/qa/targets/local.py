"""Our own validator in this process, with its own database and the run's time."""

import secrets
import time
from pathlib import Path

from host_tools.otp.credential import Credential
from host_tools.provisioning.clock_accuracy import CLOCK_PPM
from host_tools.qa.targets.target import LOG_SIZE, Answer, LogEntry, Policy, log_entry
from host_tools.qa.time_source import TimeSource
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.service import Validator

ACTOR = "qa"


class LocalTarget:
    """A Target that shares the run's virtual time."""

    tells_reason = True

    def __init__(self, folder: Path, time_source: TimeSource) -> None:
        """Start on a new SQLite file in `folder`, under a random master key."""
        self.name = "the validator in this process"
        self.policy = Policy()
        key = LocalKey(Secret(secrets.token_bytes(KEY_SIZE)))
        self.validator = Validator(f"sqlite:///{folder / 'validator.db'}", key, time_source.now)

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """As Target.enrol."""
        ppm = CLOCK_PPM["ds3231"]
        new = NewToken(
            serial, credential, suite=credential.suite, clock_set_at=clock_set_at, clock_ppm=ppm
        )
        self.validator.import_tokens([new], users={serial: user_id}, activate=True, actor=ACTOR)

    def withdraw(self, user_id: str, serial: str) -> None:
        """As Target.withdraw."""
        self.validator.delete(serial, actor=ACTOR)
        self.validator.delete_user(user_id, actor=ACTOR)

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """As Target.submit."""
        began = time.perf_counter()
        request = CheckRequest(code, user_id=user_id, challenge=challenge, actor=ACTOR)
        verdict = self.validator.submit(request).result()
        return _answer(verdict, time.perf_counter() - began)

    def challenge(self, user_id: str, question: str) -> None:
        """As ChallengeTarget.challenge."""
        self.validator.issue_challenge(user_id=user_id, text=question, actor=ACTOR)

    def resynchronise(self, serial: str, codes: tuple[str, str]) -> Answer:
        """As ResynchronisingTarget.resynchronise."""
        return _answer(self.validator.resynchronise(serial, codes, actor=ACTOR), 0.0)

    def log(self, serial: str, since: float) -> tuple[LogEntry, ...]:
        """As LoggingTarget.log."""
        newest_first = self.validator.audit(serial=serial, limit=LOG_SIZE).items
        return tuple(
            log_entry(each.at, each.actor, each.action, each.detail)
            for each in reversed(newest_first)
            if each.at >= since
        )

    def clock_ahead(self) -> float | None:
        """As Target.clock_ahead: the clock is the same."""
        return 0.0

    def close(self) -> None:
        """As Target.close."""
        self.validator.close()


def _answer(verdict: Verdict, took: float) -> Answer:
    return Answer(verdict.accepted, str(verdict.reason), verdict.steps, verdict.retry_after, took)

"""The cases of an app device, each with the verdict that it must get."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from host_tools.messages.catalogue import Message
from host_tools.qa.apps.devices import AppDevices
from host_tools.qa.apps.server import AppServer
from host_tools.qa.cases.case_list import VIRTUAL, CaseIn
from host_tools.qa.cases.log import ACCEPTED, Expected, Submission, refused
from host_tools.qa.targets.target import Answer
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.app_device import AppDevice, Json

_LIFE = 300.0  # seconds
_AT_ONCE = 20
_PAYMENT = {"amount": "2300.00", "currency": "DKK", "account": "9978 000123456"}
_ALTERED = ("text", "amount", "account", "party_name", "user_id", "place")


@dataclass
class AppEnvironment:
    """The server, the devices, the time, what is drawn, and what was submitted."""

    server: AppServer
    devices: AppDevices
    time: TimeSource
    rng: random.Random
    submissions: list[Submission] = field(default_factory=list)

    def asked(self, session: str = "qa-browser-session") -> tuple[AppDevice, Json, Json]:
        """Give an open device of a new user, a payment that the user is asked for, and that
        payment as the device shows it."""
        user_id = self.server.user()
        device = self.devices.device(user_id)
        asked = self.server.ask(user_id, session, place="QA", **_PAYMENT)
        return device, asked, device.waiting()[0]

    def answer(  # noqa: PLR0913, PLR0917 - what an answer consists of
        self,
        device: AppDevice,
        shown: Json,
        digits: str,
        note: Message,
        expected: Expected,
        decision: str = "approve",
    ) -> None:
        """Answer an approval, and note the verdict."""
        self.note(device, digits, note, expected, device.answer(shown, decision, digits))

    def note(
        self, device: AppDevice, digits: str, note: Message, expected: Expected, verdict: Json
    ) -> None:
        """Note a verdict."""
        given = Answer(verdict["accepted"], verdict["reason"])
        self._add(device.user_id, digits or "-", note, expected, given)

    def expect_state(self, device: AppDevice, asked: Json, state: str) -> None:
        """Note what the relying party is told."""
        told = self.server.state(asked["id"])
        approved = state == "approved"
        expected = ACCEPTED if approved else refused(state)
        reason = "accepted" if told == "approved" else told
        note = Message("qa-note.party")
        self._add(device.user_id, "-", note, expected, Answer(told == "approved", reason))

    def _add(
        self, user_id: str, code: str, note: Message, expected: Expected, answer: Answer
    ) -> None:
        self.submissions.append(
            Submission(user_id, None, code, note, self.time.now(), expected, answer)
        )


AppCase = CaseIn[AppEnvironment]


def _right(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    env.answer(device, shown, asked["digits"], Message("qa-note.approved"), ACCEPTED)
    env.expect_state(device, asked, "approved")


def _declined(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    decision = env.rng.choice(("decline", "report"))
    note = Message("qa-note.declined" if decision == "decline" else "qa-note.reported")
    env.answer(device, shown, "", note, ACCEPTED, decision)
    env.expect_state(device, asked, "declined")
    note = Message("qa-note.approved-after")
    env.answer(device, shown, asked["digits"], note, refused("not_waiting"))


def _reported(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    env.answer(device, shown, "", Message("qa-note.reported"), ACCEPTED, "report")
    env.expect_state(device, asked, "declined")
    after = env.server.ask(device.user_id, "qa-other-session", **_PAYMENT)
    known = shown | {"id": after["id"]}
    note = Message("qa-note.asked-after-report")
    env.answer(device, known, after["digits"], note, refused("unknown"))
    env.expect_state(device, after, "waiting")
    device.lift(device.report() or {"id": asked["id"], "reported_at": env.time.now()})
    again = env.server.ask(device.user_id, "qa-browser-session", **_PAYMENT)
    shown = device.waiting()[0]
    env.answer(device, shown, again["digits"], Message("qa-note.lifted"), ACCEPTED)
    env.expect_state(device, again, "approved")


def _expired(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    env.time.wait_until(env.time.now() + _LIFE, Message("qa-wait.approval"))
    env.answer(device, shown, asked["digits"], Message("qa-note.approved"), refused("expired"))
    env.expect_state(device, asked, "expired")


def _wrong_digits(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    wrong = [digits for digits in (f"{n:02}" for n in range(100)) if digits != asked["digits"]]
    for digits in env.rng.sample(wrong, 3):
        env.answer(device, shown, digits, Message("qa-note.digits"), refused("wrong_digits"))
    env.expect_state(device, asked, "declined")


def _replayed(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    body = device.answer_body(shown, "approve", asked["digits"])
    for note, expected in (
        (Message("qa-note.approved"), ACCEPTED),
        (Message("qa-note.again"), refused("replayed")),
    ):
        verdict = device.send_answer(asked["id"], body)
        env.note(device, asked["digits"], note, expected, verdict)
    other = env.server.ask(device.user_id, "qa-browser-session", **_PAYMENT)
    verdict = device.send_answer(other["id"], body)
    note = Message("qa-note.signature-of-other")
    env.note(device, asked["digits"], note, refused("wrong_signature"), verdict)
    env.expect_state(device, other, "waiting")


def _altered(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    for name in _ALTERED:
        text = shown[name]
        at = env.rng.randrange(len(text))
        other = shown | {name: text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]}
        note = Message("qa-note.altered", field=name, place=at + 1)
        env.answer(device, other, asked["digits"], note, refused("wrong_signature"))
    env.expect_state(device, asked, "waiting")


def _other_users_device(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    other = env.devices.device(env.server.user())
    note = Message("qa-note.other-device")
    env.answer(other, shown, asked["digits"], note, refused("unknown"))
    env.expect_state(device, asked, "waiting")


def _at_once(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    second = env.devices.device(device.user_id)
    bodies = [
        (holder, holder.answer_body(shown, "approve", asked["digits"]))
        for holder in (device, second) * (_AT_ONCE // 2)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        verdicts = list(threads.map(lambda one: one[0].send_answer(asked["id"], one[1]), bodies))
    accepted = [verdict for verdict in verdicts if verdict["accepted"]]
    for (holder, _), verdict in zip(bodies, verdicts, strict=True):
        first = bool(accepted) and verdict is accepted[0]
        expected = ACCEPTED if first else Expected(False)
        env.note(
            holder, asked["digits"], Message("qa-note.at-once", times=_AT_ONCE), expected, verdict
        )
    env.expect_state(device, asked, "approved")


def _blocked(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    env.server.block(device.device)
    env.answer(device, shown, asked["digits"], Message("qa-note.blocked"), refused("blocked"))
    env.expect_state(device, asked, "waiting")


def _clock_off(env: AppEnvironment) -> None:
    device, asked, shown = env.asked()
    device.set_clock(0.0)
    shown = shown | {"expires_at": 0.0}
    env.answer(device, shown, asked["digits"], Message("qa-note.clock"), ACCEPTED)
    env.expect_state(device, asked, "approved")


APP_CASES = (
    AppCase("app-right", Message("qa-case.app-right"), _right),
    AppCase("app-declined", Message("qa-case.app-declined"), _declined),
    AppCase("app-reported", Message("qa-case.app-reported"), _reported),
    AppCase("app-expired", Message("qa-case.app-expired"), _expired, frozenset({VIRTUAL})),
    AppCase("app-wrong-digits", Message("qa-case.app-wrong-digits"), _wrong_digits),
    AppCase("app-replayed", Message("qa-case.app-replayed"), _replayed),
    AppCase("app-altered", Message("qa-case.app-altered"), _altered),
    AppCase("app-other-device", Message("qa-case.app-other-device"), _other_users_device),
    AppCase("app-at-once", Message("qa-case.app-at-once"), _at_once),
    AppCase("app-blocked", Message("qa-case.app-blocked"), _blocked),
    AppCase("app-clock-off", Message("qa-case.app-clock-off"), _clock_off),
)

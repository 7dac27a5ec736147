"""A whole day with a kodeoplæser, by ear alone: codes, a PIN, payments, settings, a headset, an
empty cell and a cable, by four hands. What is heard decides what is pressed next; the link and the
server tell in the end what the day has left behind. Times are virtual seconds."""

from base64 import b32encode
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from firmware.products.kodeoplaeser import PRODUCT
from firmware.protocol.messages import PIN_TRIES
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.emulated.hands import Hand, OneFinger, SlowHand, TremblingHand
from tests.support.emulated.kodeoplaeser import (
    SpeakingToken,
    forbid_display,
    payment_read_back,
)
from tests.support.emulated.provisioned import Provisioned
from tests.support.emulated.token import hotp, totp
from tests.support.ocra import peer

PIN = "829136"
NUMBERS = "OCRA-1:HOTP-SHA1-6:QN08"
PAYMENTS = "OCRA-1:HOTP-SHA256-8:C-QA32"  # each response moves the counter
LOGIN, POST, GIRO, TAX = (bytes(range(n, n + 32)) for n in (11, 53, 97, 131))
ACCOUNTS = (
    totp("Bank", LOGIN),
    hotp("Post", POST),
    Credential("Giro", Secret(GIRO), period=None, counter=0, suite=PAYMENTS, entry="payment"),
    Credential("Skat", Secret(TAX), period=None, suite=NUMBERS, entry="number"),
)
BANK, POSTAL, PAYING, TAXES = (list(each.name.lower()) for each in ACCOUNTS)
GIRO_ASKS = [*PAYING, "type", "amount", "hash", "end"]
WAYS = ["1", "down", "3", "up"]
ASKED_PIN = ["type", "pin", "hash", "end"]
APPROVED = ["right", "star", "try_again"]
PERIOD = 30
_QUIET = 2.4  # longer than any pause in what is said, and than the wait for a second press of red
_STEPS = 60  # a day has at least so many


class Day:
    """A person with a token and an account at a server, who hears and presses."""

    def __init__(self, hand: Hand, server: Validator) -> None:
        """Begin with a token that is off."""
        self.hand, self.server = hand, server
        self.emulator = hand.emulator
        self.steps = 0
        self.serial = ""  # as it was heard

    def listen(self, since: float) -> list[str]:
        """Wait until nothing is said any more; give the clips heard from `since` on."""
        emulator = self.emulator
        emulator.advance(_QUIET)
        while emulator.audio(emulator.elapsed - _QUIET).onset() is not None:
            emulator.advance(0.5)
        names = [clip.name for clip in self.hand.token.clips(since)]
        while self.hand.trembles and names[:1] == ["?"]:  # cut off by the second of two presses
            names.pop(0)
        return names

    def hears(self, since: float, *words: str) -> None:
        """Expect that these clips are what is heard."""
        self.steps += 1
        heard = self.listen(since)
        assert heard == list(words), f"step {self.steps}"

    def hears_last(self, since: float, *words: str) -> None:
        """Expect that what is heard ends with these clips."""
        self.steps += 1
        heard = self.listen(since)
        assert heard[-len(words) :] == list(words), f"step {self.steps}: {heard}"

    def hears_number(self, since: float, *introduction: str, digits: int) -> str:
        """Expect an introduction with that many digits after it, and give them."""
        self.steps += 1
        heard = self.listen(since)
        at = len(introduction)
        number = "".join(heard[at : at + digits])
        assert heard[:at] == list(introduction), f"step {self.steps}: {heard}"
        assert number.isdigit(), f"step {self.steps}: {heard}"
        assert len(number) == digits, f"step {self.steps}: {heard}"
        return number

    def hears_again(self, since: float, account: list[str], code: str) -> None:
        """Expect the same code again, with what is left of its time in words that are no digits."""
        self.steps += 1
        heard = self.listen(since)
        assert heard[0] in ("ample_time", "hurry"), f"step {self.steps}: {heard}"
        assert heard[1 : len(account) + len(code) + 1] == [*account, *code], f"step {self.steps}"

    def wait_for_words(self, most: float) -> float:
        """Wait until the token speaks by itself, `most` seconds at most; give the time."""
        emulator = self.emulator
        since = emulator.elapsed
        while emulator.audio(emulator.elapsed - 0.1).onset() is None:
            assert emulator.elapsed - since < most, f"nothing is said after step {self.steps}"
            emulator.advance(0.1)
        return since

    def wait_for_second(self, second: float) -> None:
        """Wait until that second of a period."""
        self.emulator.advance((second - self.emulator.now) % PERIOD)

    def logs_in(self, account: Credential, code: str, challenge: str | None = None) -> None:
        """Type the code at the server, which accepts it."""
        self.steps += 1
        if challenge is not None:
            self.server.issue_challenge(serial=account.name, text=challenge, actor="shop")
        verdict = self.server.submit(
            CheckRequest(code, serial=account.name, challenge=challenge)
        ).result()
        assert verdict.accepted, f"step {self.steps}: {verdict}"


@pytest.fixture(autouse=True)
def display_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_display(monkeypatch)


@pytest.fixture
def server(tmp_path: Path, person: SpeakingToken) -> Iterator[Validator]:
    """Return a server that has the token's accounts, each under its name."""
    database = f"sqlite:///{tmp_path / 'validator.db'}"
    with Validator(
        database, LocalKey(Secret(bytes(KEY_SIZE))), lambda: person.emulator.now
    ) as server:
        server.import_tokens(
            [
                NewToken(each.name, each, suite=each.suite, clock_set_at=person.emulator.now)
                for each in ACCOUNTS
            ],
            actor="issuer",
        )
        for each in ACCOUNTS:
            server.assign(each.name, f"user of {each.name}", actor="issuer")
        server.activate_tokens([each.name for each in ACCOUNTS], actor="issuer")
        yield server


@pytest.fixture
def person(provisioned: Provisioned, tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a kodeoplæser with four accounts, which is off."""

    def prepare(token: SpeakingToken) -> None:
        session = token.claim(lambda number: True)
        token.set_clock(session)
        for account in ACCOUNTS:
            session.put_credential(account)
        token.emulator.unplug()
        token.emulator.advance(62)

    with provisioned.token("a blind day", prepare, tmp_path / "token") as token:
        yield token


@pytest.mark.clause("walkthrough: by ear", "5.8", "5.9", "4.2.7")
@pytest.mark.parametrize("kind", [Hand, SlowHand, OneFinger, TremblingHand])
def test_a_day_by_ear_alone_leaves_nothing_behind_that_was_not_asked_for(
    person: SpeakingToken, server: Validator, kind: type[Hand]
):
    day = Day(kind(person), server)
    wakes_it(day)
    if day.hand.trembles:
        takes_the_delay_that_is_offered(day)
    hears_codes_run_out(day)
    practises(day)
    sets_it_up(day)
    counted = takes_counted_codes(day)
    pays(day)
    answers_a_number(day)
    plugs_a_headset_and_a_cable(day)
    types_the_pin(day)
    waits_for_fresh_codes(day)
    goes_off(day)
    assert day.steps >= _STEPS
    nothing_else_was_done(day, counted)


def wakes_it(day: Day) -> None:
    day.wait_for_second(1)
    moment = day.emulator.elapsed
    since = day.hand.press("red")
    assert day.emulator.audio(moment, moment + 0.3).onset() is not None
    code = day.hears_number(since, "ample_time", *BANK, digits=6)
    day.logs_in(ACCOUNTS[0], code)


def takes_the_delay_that_is_offered(day: Day) -> None:
    day.listen(day.hand.press("#"))  # what it says is cut off by the second press
    # the code may run out before
    while "key_delay" not in day.listen(since := day.wait_for_words(25)):
        pass
    day.hears_last(since, "key_delay", "0", "star", "up")
    day.hears(day.hand.press("*"), "key_delay", "5", *WAYS)  # 3 is too short for this hand
    day.hears(day.hand.press("#"), "key_delay", "5", *WAYS)


def hears_codes_run_out(day: Day) -> None:
    hand = day.hand
    day.wait_for_second(1)
    code = day.hears_number(hand.press("red"), "ample_time", *BANK, digits=6)
    day.hears_again(hand.function("0"), BANK, code)
    day.hears(day.wait_for_words(PERIOD), "expired", "press_red")
    day.hears(hand.function("0"), *BANK, "expired", *code, "press_red")
    day.hears_last(hand.type(code), "right_but", "expired", "press_red")
    day.wait_for_second(1)
    fresh = day.hears_number(hand.press("red"), "ample_time", *BANK, digits=6)
    assert fresh != code
    day.hears_again(hand.press("#"), BANK, fresh)
    day.logs_in(ACCOUNTS[0], fresh)


def practises(day: Day) -> None:
    hand = day.hand
    code = day.hears_number(hand.function("*"), "practice", digits=5)
    wrong = code[:2] + str((int(code[2]) + 5) % 10) + code[3:]
    day.hears(hand.type(wrong), wrong[-1], "digit", "3", "is_wrong", "try_again")
    day.hears(hand.press("*"), "practice", *code, "not_valid")
    day.hears(hand.type(code), code[-1], "right")
    own_pace = ("own_pace", "5", "again", "4", "back", "6", "on")
    day.hears(hand.function("2"), *own_pace)
    day.hears(hand.press("6"), code[0])
    day.hears(hand.press("6"), code[1])
    day.hears(hand.press("4"), code[0])
    day.hears(hand.press("4"), "beginning")
    day.hears(hand.press("6"), code[1])
    day.hears(hand.press("5"), *code[:2])
    day.hears(hand.function("3"), "volume", "7")
    day.hears(hand.press("6"), code[2])
    # What is each key? Nothing happens while it is asked.
    day.hears_last(hand.hold_zero(), "explore", "choose_key")
    day.hears(hand.press("3"), "3", "volume", "up")
    day.hears(hand.press("*"), "star", "practice")
    day.hears(hand.press("red"), "red", "new_code", "explore", "end")
    day.hears_last(hand.hold_zero(), "explore", "choose_key")
    day.hears_last(hand.hold_zero(), "explore", "end")
    day.hears(hand.function("0"), "practice", *code, "not_valid")


def sets_it_up(day: Day) -> None:
    hand = day.hand
    day.hears(hand.function("3"), "volume", "8")
    day.hears(hand.press("1"), "volume", "7")
    day.hears(hand.function("6"), "speed", "4")
    day.hears(hand.press("4"), "speed", "3")
    day.hears(hand.function("9"), "language", "language_name")
    day.hears(hand.press("7"), "language", "language_name")
    day.serial = day.hears_number(hand.function("8"), "serial", digits=12)
    day.hears(hand.press("3"), "no_function", "press_red")
    status = day.listen(hand.function("5"))
    day.steps += 1
    assert status[:4] == ["status", "battery", "charged", "clock_ok"]
    assert status[status.index("volume") :][:4] == ["volume", "7", "speed", "3"]
    if day.hand.trembles:
        day.hears(hand.press("3"), "key_delay", "5", *WAYS)
    else:
        day.hears(hand.press("3"), "key_delay", "0", *WAYS)
        day.hears(hand.press("3"), "key_delay", "3", *WAYS)
        day.hears(hand.press("1"), "key_delay", "0", *WAYS)
    chooses(day, "6", "wait", "60", "seconds")
    day.hears(hand.press("3"), "wait", "2", "minutes", *WAYS)
    chooses(day, "4", "new_code", "1", "2", "seconds")
    day.hears(hand.press("1"), "new_code", "6", "seconds", *WAYS)
    day.hears(hand.press("3"), "new_code", "1", "2", "seconds", *WAYS)
    chooses(day, "8", "tones", "1")
    day.hears(hand.press("1"), "tones", "0", *WAYS)
    day.hears(hand.press("3"), "tones", "1", *WAYS)


def chooses(day: Day, key: str, *words: str) -> None:
    """Choose from the status without hearing it to its end."""
    day.hand.function("5")
    day.emulator.advance(1)
    day.hears(day.hand.press(key), *words, *WAYS)


def takes_counted_codes(day: Day) -> int:
    """Take two counted codes and repeat each; return how many were asked for."""
    hand = day.hand
    counted = [pyotp.HOTP(b32encode(POST)).at(n) for n in range(2)]
    day.hears_last(hand.function("#"), *POSTAL, *counted[0])
    day.hears(hand.function("0"), *POSTAL, *counted[0])
    day.hears(hand.press("#"), *POSTAL, *counted[0])
    day.logs_in(ACCOUNTS[1], counted[0])
    day.hears(hand.press("red"), *POSTAL, *counted[1])
    day.hears(hand.function("0"), *POSTAL, *counted[1])
    day.logs_in(ACCOUNTS[1], counted[1])
    return len(counted)


def pays(day: Day) -> None:
    """Sign one payment, after all that might sign it by mistake, and give up another."""
    hand, emulator = day.hand, day.emulator
    day.hears_last(hand.function("#"), *GIRO_ASKS)
    day.hears_last(hand.type("125"), "5")
    day.hears(hand.function("3"), "volume", "8", "3", "digit", "saved")
    day.hears(hand.press("red"), *GIRO_ASKS[:-2], *"125", "hash", "end")
    day.hears(hand.type("0"), "0")
    day.hears(hand.press("#"), "type", "payee", "star", "amount", "hash", "end")
    day.hears_last(hand.type("4071"), "1")
    day.hears(hand.function("0"), "type", "payee", *"4071", "hash", "end")
    hand.type("886")
    asked = payment_read_back("1250", "4071886")
    hand.press("#")
    emulator.advance(2)
    day.hears(hand.press("#"), *asked)  # too early: it is read back again
    day.hears(hand.function("0"), *asked)
    day.hears(hand.press("red"), *asked)
    day.hears(hand.function("1"), "volume", "7", "is_right")
    hand.press("#")
    day.hears(hand.press("red"), *asked)  # the approval is taken back
    response = peer(GIRO, PAYMENTS, "412504071886", counter=0)
    day.hears(hand.press("#"), *APPROVED, *PAYING, *response)
    day.hears(hand.function("0"), *PAYING, *response)
    day.logs_in(ACCOUNTS[2], response, "412504071886")
    day.hears_last(hand.press("red"), *GIRO_ASKS[:-2], "red", "0", "repeat", "hash", "end")
    hand.type("98")
    day.hears(hand.press("*"), "8", "cleared", "1", "digit", "saved")
    day.hears(hand.press("*"), "9", "cleared")


def answers_a_number(day: Day) -> None:
    hand = day.hand
    asks = (*TAXES, "type", "number", "hash", "end")
    day.hears_last(hand.function("#"), *asks)
    hand.type("12345678")
    read_back = ("hash", "right", "star", "try_again")
    day.hears(hand.press("#"), "is_right", "number", *"12345678", *read_back)
    day.hears(hand.press("*"), *asks[:-2], *"12345678", "hash", "end")
    hand.type("*" * 8)
    day.hears(hand.press("*"), *asks)
    hand.type("40718860")
    day.hears(hand.press("#"), "is_right", "number", *"40718860", *read_back)
    response = peer(TAX, NUMBERS, "40718860")
    day.hears(hand.press("#"), *APPROVED, *TAXES, *response)
    day.logs_in(ACCOUNTS[3], response, "40718860")


def plugs_a_headset_and_a_cable(day: Day) -> None:
    hand, emulator = day.hand, day.emulator
    emulator.plug_headset()
    day.wait_for_second(1)
    began = emulator.elapsed
    code = day.hears_number(hand.function("#"), "ample_time", *BANK, digits=6)
    assert not any(emulator.audio(began).speaker)
    hand.function("0")
    emulator.advance(1)
    pulled = emulator.elapsed
    assert emulator.audio(pulled - 1).onset() is not None
    emulator.unplug_headset()
    emulator.advance(1)
    day.steps += 1
    assert emulator.audio(pulled + 0.02).onset() is None, "nobody else hears the code"
    day.logs_in(ACCOUNTS[0], code)
    emulator.battery_mv = 3400
    day.wait_for_second(1)
    since = hand.press("red")
    code = day.hears_number(since, "ample_time", *BANK, digits=6)
    day.hears_last(since, *code, "battery_low")
    day.logs_in(ACCOUNTS[0], code)
    plugged = emulator.elapsed
    emulator.plug()
    day.hears(plugged, "plugged_in", "battery", "charging")
    hand.token.connect().set_pin(Secret(PIN.encode()))
    emulator.battery_mv = 4000
    emulator.unplug()


def types_the_pin(day: Day) -> None:
    hand, emulator = day.hand, day.emulator
    goes_off(day)
    day.hears(hand.press("red"), *ASKED_PIN)
    hand.type("2468")
    asked = ("pin", "is_wrong", "tries_left", "9", *ASKED_PIN)
    day.hears(hand.press("#"), *asked)
    day.hears(hand.type(PIN[0]), "digit")
    hand.type(PIN[1:3])
    day.hears(hand.function("3"), "volume", "8", "3", "digit", "saved")
    stand = (*asked[:-2], "3", "digit", "saved", *asked[-2:])
    day.hears(hand.function("0"), *stand)
    day.hears(hand.press("red"), *stand)
    hand.type(PIN[3:])
    emulator.advance(2)
    day.wait_for_second(1)
    code = day.hears_number(hand.press("#"), "ample_time", *BANK, digits=6)
    day.logs_in(ACCOUNTS[0], code)


def waits_for_fresh_codes(day: Day) -> None:
    hand = day.hand
    day.wait_for_second(23)
    heard = day.listen(hand.press("red"))
    day.steps += 1
    assert heard[:6] == [*BANK, "new_code", "wait"]
    assert heard[7:13] == ["seconds", "ample_time", *BANK]
    assert int(heard[6]) <= 6
    day.logs_in(ACCOUNTS[0], "".join(heard[13:19]))
    day.wait_for_second(21)
    hand.press("red")
    day.emulator.advance(1.6)
    current = day.hears_number(hand.press("red"), "hurry", *BANK, digits=6)
    assert current == at_server(day, -PERIOD)
    day.hears_last(hand.function("2"), "own_pace", "5", "again", "4", "back", "6", "on")
    fresh = at_server(day)
    for digit in fresh[:3]:
        day.hears(hand.press("6"), digit)


def at_server(day: Day, seconds: int = 0) -> str:
    """Give the account's code so many seconds from now."""
    return pyotp.TOTP(b32encode(LOGIN)).at(int(day.emulator.now) + seconds)


def goes_off(day: Day) -> None:
    """Let it turn itself off, two minutes after the last key or word; no key wakes it but red."""
    since = day.wait_for_words(125)
    while "expired" in day.listen(since):
        since = day.wait_for_words(125)
    day.hears(since, "turns_off")
    day.hears(day.hand.press("3"))


def nothing_else_was_done(day: Day, counted: int) -> None:
    """Look through the link and at the server's count, and take one more code of each kind."""
    hand = day.hand
    hand.press("red")
    hand.type(PIN)
    day.listen(hand.press("#"))
    code = pyotp.HOTP(b32encode(POST)).at(counted)
    day.hears_last(hand.function("#"), *POSTAL, *code)
    day.logs_in(ACCOUNTS[1], code)
    assert day.server.token("Post").last_step == counted
    day.listen(hand.function("#"))
    hand.type("7")
    hand.press("#")
    hand.type("1234")
    day.listen(hand.press("#"))
    response = peer(GIRO, PAYMENTS, "171234", counter=1)
    day.hears_last(hand.press("#"), *PAYING, *response)
    day.logs_in(ACCOUNTS[2], response, "171234")
    assert day.server.token("Giro").last_step == 1
    assert not any(day.server.token(each.name).failures for each in ACCOUNTS)
    session = hand.token.connect()
    assert session.hello.serial == day.serial
    assert session.info()["pin_tries"] == PIN_TRIES
    assert [each.name for each in session.accounts()] == [each.name for each in ACCOUNTS]
    settings = session.settings()
    wanted = PRODUCT["settings"] | {"volume": 8, "time_outs": 2}
    wanted["key_delay"] = 5 if hand.trembles else 0
    assert {name: settings[name] for name in wanted} == wanted

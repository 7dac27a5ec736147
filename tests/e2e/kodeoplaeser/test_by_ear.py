"""Every use of a kodeoplæser by keys and sound alone, as by a blind person.

Phrases are recognised by their clips, the digits of codes and numbers also by speech recognition
that was not trained on this voice.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from emulator.scenario.scenario import play_file
from emulator.session import Emulator
from host_tools.link.session import Session, open_session
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.voice.recognition.digits import digits_in
from tests.support.emulated.damage import flip_a_bit_of_each_slot
from tests.support.emulated.kodeoplaeser import SpeakingToken, forbid_display, recogniser
from tests.support.emulated.token import KEY, SECRET, START, totp

AUTHENTICATOR = pyotp.TOTP(base64.b32encode(SECRET).decode())
BY_EAR = Path(__file__).with_name("by_ear.txt")
USER = "sofie.hansen"
_EDGE = 0.1  # seconds of sound around the digits


class TokenByEar(SpeakingToken):
    """A kodeoplæser used by keys and sound alone."""

    def heard_number(self, since: float, introduction: str) -> str:
        """Wait until the speech has ended; return the digits after the clip `introduction`.

        Clips and speech recognition must agree.
        """
        self.until_quiet()
        clips = self.clips(since)
        names = [clip.name for clip in clips]
        assert introduction in names
        first = names.index(introduction) + 1
        last = first
        while last < len(clips) and clips[last].name.isdigit():
            last += 1
        number = "".join(clip.name for clip in clips[first:last])
        sound = self.samples(clips[first].start - _EDGE, clips[last - 1].end + _EDGE)
        assert digits_in(sound, "da") == number, "a stranger to this voice understands the same"
        return number

    def code(self) -> str:
        """Press red; return the code that is heard."""
        return self.heard_number(self.tap("red"), "code")

    def provision(self) -> Session:
        """Claim the token, confirming the comparison number only if it is the one heard."""
        self.emulator.plug()

        def compare(number: str) -> bool:
            self.emulator.advance(1)
            return self.heard_number(0, "compare")[-6:] == number

        session = open_session(self.emulator.port, None, compare)
        session.set_key("issuer", Secret(KEY))
        self.set_clock(session)
        session.put_credential(totp())
        self.unplug()
        return session

    def desk(self) -> Session:
        """Plug in and open a session, as the issuer does."""
        self.emulator.plug()
        return open_session(self.emulator.port, KEY, lambda number: False)

    def unplug(self) -> None:
        """Unplug, and wait until the token is off."""
        self.emulator.unplug()
        self.emulator.advance(62)
        assert not self.emulator.powered

    def logs_in(self, server: Validator, code: str) -> bool:
        """Submit a code to the server; return True when it is accepted."""
        return server.submit(CheckRequest(code, user_id=USER)).result().accepted

    def valid(self, code: str) -> bool:
        """Return True when it is the code of the current step or the one before."""
        return any(code == AUTHENTICATOR.at(int(self.emulator.now) - back) for back in (0, 30))


@pytest.fixture(autouse=True)
def display_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_display(monkeypatch)


@pytest.fixture
def person(speaking_image: bytes, tmp_path: Path) -> Iterator[TokenByEar]:
    """Start a new kodeoplæser."""
    with Emulator(
        "kodeoplaeser", "pico2", tmp_path / "token", image=speaking_image, time=START
    ) as emulator:
        yield TokenByEar(emulator)


@pytest.fixture
def provisioned(person: TokenByEar) -> TokenByEar:
    person.provision()
    return person


@pytest.mark.clause("walkthrough: by ear", "life: provisioning", "5.1.2.2", "5.2", "4.2.1")
def test_a_token_is_provisioned_by_ear_and_its_first_code_is_accepted(
    person: TokenByEar, tmp_path: Path
):
    serial = person.provision().hello.serial
    database = f"sqlite:///{tmp_path / 'validator.db'}"
    with Validator(
        database, LocalKey(Secret(bytes(KEY_SIZE))), lambda: person.emulator.now
    ) as server:
        server.import_tokens(
            [NewToken(serial, totp(), clock_set_at=person.emulator.now)], actor="issuer"
        )
        server.assign(serial, USER, actor="issuer")
        letter = server.issue_activation_code(serial, actor="issuer").code

        heard = person.heard_number(person.chord("8"), "serial")
        assert not person.logs_in(server, person.code()), "before it is activated, no code counts"
        person.emulator.advance(30)
        activated = server.activate(heard, [person.code()], letter, user_id=USER, actor=USER)
        assert activated.accepted, "with the serial number and the code as they were heard"
        person.emulator.advance(30)
        assert person.logs_in(server, person.code())


@pytest.mark.clause("walkthrough: by ear")
def test_a_claim_is_refused_when_the_comparison_number_differs_from_the_spoken_one(
    person: TokenByEar,
):
    person.emulator.plug()
    heard = []

    def compare(number: str) -> bool:
        person.emulator.advance(1)
        heard.append(person.heard_number(0, "compare"))
        return heard[-1] == f"{(int(number) + 1) % 10**6:06d}"

    with pytest.raises(Exception, match="number"):
        open_session(person.emulator.port, None, compare)
    assert len(heard[0]) == 6


@pytest.mark.clause("walkthrough: by ear", "5.1.3.1", "5.1.6.1", "5.2", "5.6.1", "4.2.1")
def test_volume_speed_language_serial_number_and_status_are_used_by_ear_alone(
    provisioned: TokenByEar,
):
    steps = BY_EAR.read_text(encoding="utf-8")
    assert not re.search(
        r"^\s*(screenshot|expect (no )?(text|code|dark))", steps, re.MULTILINE | re.IGNORECASE
    )
    play_file(
        provisioned.emulator, BY_EAR, listener=lambda heard: recogniser().names(heard.samples)
    )


def hears(person: TokenByEar, *words: str) -> None:
    assert person.clips_until_quiet(person.tap("red")) == list(words)
    person.emulator.advance(62)


@pytest.mark.clause("walkthrough: by ear", "speech: errors", "code: clock lost")
def test_a_lost_clock_is_announced_and_set_by_the_issuer_by_ear_alone(provisioned: TokenByEar):
    provisioned.emulator.remove_rtc_supply()
    hears(provisioned, "clock_lost", "contact_issuer")
    provisioned.set_clock(provisioned.desk())
    provisioned.unplug()
    assert provisioned.valid(provisioned.code())


@pytest.mark.clause("walkthrough: by ear", "speech: errors", "life: blocked")
def test_a_blocked_token_is_announced_and_unblocked_by_the_issuer_by_ear_alone(
    provisioned: TokenByEar,
):
    provisioned.desk().block()
    provisioned.unplug()
    hears(provisioned, "blocked", "contact_issuer")
    provisioned.desk().unblock()
    provisioned.unplug()
    assert provisioned.valid(provisioned.code())


@pytest.mark.clause("walkthrough: by ear", "speech: errors")
def test_a_missing_account_is_announced_and_provisioned_by_ear_alone(provisioned: TokenByEar):
    provisioned.desk().remove_account("Bank")
    provisioned.unplug()
    hears(provisioned, "not_provisioned", "contact_issuer")
    provisioned.desk().put_credential(totp())
    provisioned.unplug()
    assert provisioned.valid(provisioned.code())


@pytest.mark.clause("walkthrough: by ear", "speech: errors")
def test_damaged_storage_is_announced_and_repaired_by_the_issuer_by_ear_alone(
    speaking_image: bytes, tmp_path: Path
):
    with Emulator(
        "kodeoplaeser", "pico2", tmp_path / "token", image=speaking_image, time=START
    ) as emulator:
        TokenByEar(emulator).provision()
    flip_a_bit_of_each_slot(tmp_path / "token" / "flash.bin", "pico2")
    with Emulator("kodeoplaeser", "pico2", tmp_path / "token") as emulator:
        person = TokenByEar(emulator)
        hears(person, "damaged", "contact_issuer")
        emulator.plug()
        open_session(emulator.port, None, lambda number: True).wipe()
        person.provision()
        assert person.valid(person.code())


@pytest.mark.clause("walkthrough: by ear", "5.1.3.15")
def test_a_mistyped_digit_is_found_and_corrected_by_ear_alone(provisioned: TokenByEar):
    code = provisioned.code()
    wrong = code[:2] + str((int(code[2]) + 5) % 10) + code[3:]
    for key in wrong:
        moment = provisioned.tap(key)
    assert provisioned.clips_until_quiet(moment)[1:] == ["digit", "3", "is_wrong", "try_again"]
    for key in code:
        moment = provisioned.tap(key)
    assert provisioned.clips_until_quiet(moment)[1:] == ["right"]


@pytest.mark.clause("walkthrough: by ear")
def test_an_expired_code_is_announced_and_replaced_by_ear_alone(provisioned: TokenByEar):
    old = provisioned.code()
    provisioned.emulator.advance(31)
    heard = provisioned.clips_until_quiet(provisioned.chord("0"))
    assert heard == ["code", "expired", *old, "press_red"]
    new = provisioned.code()
    assert new != old
    assert provisioned.valid(new)

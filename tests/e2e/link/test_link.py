"""The whole token's link: clock trimming, time-outs, unplugging at any message, build types."""

from itertools import count
from types import SimpleNamespace

import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.image.image import build_image
from host_tools.link import clock
from host_tools.link.channel import Channel
from host_tools.provisioning.clock_drift import drift, trimmed
from tests.support.emulated.token import START, TokenUnderTest, totp

DAY = 86_400


@pytest.mark.parametrize("ppm", [4.2, -7.5, 0.0])
def test_drift_is_measured_over_two_visits_and_trimmed_away(kodeviser: TokenUnderTest, ppm: float):
    emulator = kodeviser.emulator
    host = clock.HostClock(lambda: emulator.now, emulator.advance)
    emulator.rtc_drift_ppm = ppm
    clock.set_now(kodeviser.claim(), host)
    emulator.unplug()
    emulator.advance(7 * DAY)
    session = kodeviser.connect()
    reading, offset = clock.measure(session, host)
    measured = drift(offset, reading.time - reading.set_at)
    assert measured.ppm == pytest.approx(ppm, abs=0.1)
    session.trim_clock(trimmed(reading.aging, measured, offset))
    clock.set_now(session, host)
    emulator.unplug()
    emulator.advance(30 * DAY)
    reading, offset = clock.measure(kodeviser.connect(), host)
    assert drift(offset, reading.time - reading.set_at).ppm == pytest.approx(0, abs=0.1)


def test_a_trim_after_a_minute_is_refused_with_the_time_to_wait(kodeviser: TokenUnderTest):
    emulator = kodeviser.emulator
    host = clock.HostClock(lambda: emulator.now, emulator.advance)
    session = kodeviser.claim()
    clock.set_now(session, host)
    emulator.advance(50)
    reading, offset = clock.measure(session, host)
    with pytest.raises(KodebrikError, match="known to") as refused:
        trimmed(reading.aging, drift(offset, reading.time - reading.set_at), offset)
    assert refused.value.exit_code == ExitCode.TOO_EARLY
    assert "Come back in" in refused.value.hint


def test_a_busy_machine_ends_no_session_with_an_emulated_token(
    kodeviser: TokenUnderTest, monkeypatch: pytest.MonkeyPatch
):
    """Time-outs count virtual time; here an hour of real time passes between two readings of the
    clock."""
    hours = count(step=3600)
    real_time = SimpleNamespace(monotonic=lambda: next(hours))
    monkeypatch.setattr("host_tools.link.transport.time", real_time)
    session = kodeviser.provision(totp())
    assert [account.name for account in session.accounts()] == ["Bank"]


class InterruptedPort:
    """The token's port; the cable is pulled at the host's n-th message."""

    def __init__(self, emulator: Emulator, at: int) -> None:
        self._emulator, self._left = emulator, at
        self.monotonic = emulator.port.monotonic

    def read(self, timeout: float) -> bytes:
        return self._emulator.port.read(timeout)

    def write(self, data: bytes) -> None:
        self._left -= 1
        if self._left == 0:
            self._emulator.unplug()
        self._emulator.port.write(data)

    def close(self) -> None:
        self._emulator.port.close()


@pytest.mark.parametrize("at", range(1, 6))
def test_unplugged_midway_the_host_says_so_and_a_retry_works(kodeviser: TokenUnderTest, at: int):
    """Hello, handshake, claim, key and clock are five messages; the cable is pulled at each."""
    emulator = kodeviser.emulator
    emulator.plug()
    with pytest.raises(KodebrikError) as vanished:
        kodeviser.set_clock(kodeviser.claim(port=InterruptedPort(emulator, at)))
    assert vanished.value.exit_code == ExitCode.UNPLUGGED
    emulator.advance(40)
    state = _hello(kodeviser)
    assert state.state in (messages.BLANK, messages.IN_USE)
    session = kodeviser.claim() if state.key == messages.KEY_NONE else kodeviser.connect()
    kodeviser.set_clock(session)
    session.put_credential(totp())
    assert [account.name for account in session.accounts()] == ["Bank"]


def test_read_code_exists_on_a_development_build_alone(image, tmp_path):
    for production in (False, True):
        built = build_image("kodeviser", "pico", production)
        with Emulator(state=tmp_path / str(production), image=built, time=START) as emulator:
            kodeviser = TokenUnderTest(emulator)
            session = kodeviser.provision(totp())
            if production:
                with pytest.raises(TokenError) as refused:
                    session.request(messages.READ_CODE, {"name": "Bank"})
                assert refused.value.number == messages.UNKNOWN_OPERATION
            else:
                code = session.request(messages.READ_CODE, {"name": "Bank"})["code"]
                assert code == kodeviser.code()


def _hello(kodeviser: TokenUnderTest):
    kodeviser.emulator.plug()
    return Channel(kodeviser.emulator.port).hello()

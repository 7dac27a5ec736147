"""The server of the serial link keeps a token in step with real time, even on a busy machine."""

import threading

import pytest

from emulator.clock import SimulationClock
from emulator.mcu.mcu import IDLE
from emulator.serial.link import BUFFERED, Link
from emulator.serial.server import LinkEndpoints


class FakeToken:
    """Answers each message with the virtual time at which it took the message, in microseconds."""

    state, deadline = IDLE, None

    def __init__(self) -> None:
        self.clock, self.link = SimulationClock(), Link()
        self.link.set_plugged(True)

    def advance(self, seconds: float) -> None:
        self.clock.run_to(self.clock.now + round(seconds * 1_000_000))
        if self.link.waiting:
            self.link.take(len(self.link.waiting))
            self.link.send(str(self.clock.now).encode())

    def prompt_ends(self) -> list[int]:
        return []


class LateHost:
    """An endpoint whose host sends one message at 1 s, which the server receives 200 ms later."""

    def __init__(self, real: list[float]) -> None:
        self.real, self.sent, self.received = real, 0.0, 0.0
        self.told: float | None = None

    def waits(self) -> list[int]:
        return []

    def receive(self) -> bytes:
        if self.sent or self.real[0] < 1:
            return b""
        self.sent = self.real[0]
        self.real[0] += 0.2
        return b"?"

    def send(self, data: bytes) -> None:
        self.told, self.received = int(data) / 1_000_000, self.real[0]

    def close(self) -> None:
        pass


def test_clock_readings_are_right_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token's time in an answer is between the host's sending and receiving."""
    real = [0.0]

    def monotonic() -> float:
        now = real[0]
        real[0] += 0.001
        return now

    monkeypatch.setattr("emulator.serial.server.monotonic", monotonic)
    monkeypatch.setattr("emulator.serial.server._MAX_SLEEP", 0.0)
    token, host = FakeToken(), LateHost(real)
    server = LinkEndpoints(
        token.link, token.clock, token, threading.RLock(), token.advance, lambda: None
    )
    server._offer(host, lambda: host)
    server.serve(lambda: host.told is not None)
    server.unplugged()
    server.close()
    assert host.told is not None
    assert host.sent <= host.told <= host.received


class Flood:
    """An endpoint whose host always has more to send."""

    taken = 0

    def waits(self) -> list[int]:
        return []

    def receive(self) -> bytes:
        self.taken += 4096
        return b"\xff" * 4096

    def send(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


class DeafToken(FakeToken):
    """Reads nothing."""

    def advance(self, seconds: float) -> None:
        self.clock.run_to(self.clock.now + round(seconds * 1_000_000))


def test_a_host_waits_for_a_token_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A USB stack takes bytes as fast as they are read: a flood fills no memory, and what comes
    after it is not minutes late."""
    monkeypatch.setattr("emulator.serial.server._MAX_SLEEP", 0.0)
    token, host, looks = DeafToken(), Flood(), iter(range(100))
    server = LinkEndpoints(
        token.link, token.clock, token, threading.RLock(), token.advance, lambda: None
    )
    server._offer(host, lambda: host)
    server.serve(lambda: next(looks, None) is None)
    assert host.taken == len(token.link.waiting) == BUFFERED
    token.link.take(BUFFERED)
    looks = iter(range(2))
    server.serve(lambda: next(looks, None) is None)
    assert host.taken == 2 * BUFFERED, "it goes on when there is room"
    server.unplugged()
    server.close()

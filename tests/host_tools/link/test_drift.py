"""Measuring and trimming the clock: offsets in milliseconds, drift in ppm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link import clock
from host_tools.link.session import open_session
from host_tools.provisioning import clock_drift
from host_tools.provisioning.clock_drift import Offset
from host_tools.secret import Secret
from tests.support.link.fake_token import Token, Wire, World

DAY = 86_400


@pytest.fixture
def linked(tmp_path):
    """Return a session with a newly claimed token, the token, and the host's virtual clock."""
    world = World()
    token = Token(tmp_path, world)
    session = open_session(Wire(token), None, lambda number: True)
    session.set_key(messages.KEY_ISSUER, Secret(bytes(32)))
    return session, token, clock.HostClock(world.now, world.sleep)


def test_the_clock_is_set_at_the_turn_of_a_second(linked):
    session, _, host = linked
    clock.set_now(session, host)
    reading, offset = clock.measure(session, host)
    assert abs(offset.seconds) <= offset.uncertainty + 0.002, (
        "the fake clock's looks take a millisecond each"
    )
    assert reading.set_at <= host.now()


@pytest.mark.parametrize("ppm", [-20, -3.5, 0, 2, 12])
def test_two_visits_bring_a_drifting_clock_to_half_a_ppm(linked, ppm):
    """The trim's sign is the data sheet's: a fast clock gets a larger aging offset."""
    session, token, host = linked
    token.services.clock.ppm = ppm
    clock.set_now(session, host)
    host.sleep(3 * DAY)
    reading, offset = clock.measure(session, host)
    measured = clock_drift.drift(offset, reading.time - reading.set_at)
    assert measured.ppm == pytest.approx(ppm, abs=measured.uncertainty + 0.05)
    aging = clock_drift.trimmed(reading.aging, measured, offset)
    assert aging == pytest.approx(max(-127, min(127, ppm * 10)), abs=2)
    session.trim_clock(aging)
    clock.set_now(session, host)
    host.sleep(3 * DAY)
    reading, offset = clock.measure(session, host)
    left = clock_drift.drift(offset, reading.time - reading.set_at).ppm
    assert abs(left) < 0.5 or abs(aging) == 127


def test_a_second_visit_too_soon_says_how_long_to_wait():
    offset = Offset(0.02, 0.015)
    with pytest.raises(KodebrikError, match=r"known to ± 8\.3 ppm only") as caught:
        clock_drift.trimmed(0, clock_drift.drift(offset, 3600), offset)
    assert caught.value.exit_code == ExitCode.TOO_EARLY
    assert "Come back in 16 hours" in caught.value.hint
    assert clock_drift.trimmed(0, clock_drift.drift(offset, 17 * 3600 + 1), offset) == round(
        0.02 / (17 * 3600) * 1e7
    )


@given(st.floats(0.0005, 0.5), st.floats(1, 1e7))
def test_waiting_as_long_as_told_is_enough(uncertainty, elapsed):
    offset = Offset(0.0, uncertainty)
    try:
        clock_drift.trimmed(0, clock_drift.drift(offset, elapsed), offset)
    except KodebrikError as error:
        count, unit = error.hint.split(" in ")[1].split(";")[0].split()
        size = {"second": 1, "minute": 60, "hour": 3600, "day": DAY}[unit.rstrip("s")]
        clock_drift.trimmed(0, clock_drift.drift(offset, elapsed + int(count) * size), offset)


@given(st.floats(-1000, 1000), st.floats(0, 0.2), st.floats(0, 0.2), st.floats(0, 1))
def test_the_true_offset_lies_in_the_measured_interval(true, to_token, to_host, edge):
    """The token answers at the edge of its second after `to_token` + `edge` seconds, and the answer
    takes `to_host` seconds: whatever these are, the true offset is within the stated
    uncertainty."""
    sent = 1_000_000.0
    at_edge = sent + to_token + edge
    offset = clock_drift.midpoint(at_edge + true, sent, at_edge + to_host, to_token + to_host)
    assert abs(offset.seconds - true) <= offset.uncertainty + 1e-6


@given(st.floats(-1000, 1000), st.floats(0, 60), st.floats(0, 60), st.floats(0, 1))
def test_of_an_answer_that_was_held_up_no_more_is_claimed_than_is_known(
    true, to_token, to_host, edge
):
    """Whether the request is late or the answer."""
    sent = 1_000_000.0
    at_edge = sent + to_token + edge
    offset = clock_drift.midpoint(at_edge + true, sent, at_edge + to_host, 0.01)
    slack = 0.1 + 0.01  # a token is given so much more to find the edge
    assert abs(offset.seconds - true) <= offset.uncertainty + 1 + slack
    if edge + to_token + to_host > 1 + slack + 0.001:
        assert abs(offset.seconds - true) <= offset.uncertainty + 1e-6


@pytest.mark.parametrize("held_up", [[1.5], [0.0, 1.5], [1.5, 3.0]])
def test_a_busy_computer_does_not_make_a_clock_wrong(linked, monkeypatch, held_up):
    session, _, host = linked
    clock.set_now(session, host)
    read, late = session.read_clock, iter(held_up)

    def read_late():
        reading = read()
        host.sleep(next(late, 0.0))
        return reading

    monkeypatch.setattr(session, "read_clock", read_late)
    _, offset = clock.measure(session, host)
    assert abs(offset.seconds) <= offset.uncertainty + 0.002
    assert (offset.uncertainty > 1) == (0.0 not in held_up and len(held_up) == 2)


def test_a_clock_that_lost_the_time_is_not_measured(linked):
    session, token, host = linked
    token.services.clock.lose()
    with pytest.raises(TokenError) as caught:
        clock.measure(session, host)
    assert caught.value.number == messages.CLOCK_LOST


def test_durations_are_described_in_rounded_up_units():
    assert [clock_drift.duration(seconds) for seconds in (0.2, 61, 7201, 172_800)] == [
        "1 second",
        "61 seconds",
        "3 hours",
        "2 days",
    ]

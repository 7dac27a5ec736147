"""The virtual clock against a sorted list as its model."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.clock import Alarm, SimulationClock

times = st.integers(0, 50)
moves = st.one_of(
    st.tuples(st.just("set"), times),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("run"), times),
)


@given(st.lists(moves, max_size=60))
def test_alarms_fire_in_order_of_time_then_of_setting(
    steps: list[tuple[str, int]],
) -> None:
    clock, rung = SimulationClock(), []
    alarms: list[tuple[Alarm, tuple[int, int]]] = []
    model: list[tuple[int, int]] = []
    expected: list[tuple[int, int]] = []
    now = 0
    for number, (what, value) in enumerate(steps):
        if what == "set":
            key = (max(value, now), number)
            alarms.append((clock.at(value, lambda key=key: rung.append((clock.now, key[1]))), key))
            model.append(key)
        elif what == "cancel" and alarms:
            alarm, key = alarms[value % len(alarms)]
            alarm.cancel()
            if key in model:
                model.remove(key)
        elif what == "run":
            due = sorted(key for key in model if key[0] <= value)
            expected += due
            model = [key for key in model if key not in due]
            clock.run_to(value)
            now = max(now, value)
        assert clock.now == now
        assert clock.next_alarm == min((key[0] for key in model), default=None)
    assert rung == expected


def test_an_alarm_set_by_an_alarm_fires_in_the_same_run() -> None:
    clock, rung = SimulationClock(), []
    clock.at(10, lambda: clock.after(5, lambda: rung.append(clock.now)))
    clock.run_to(20)
    assert rung == [15]


def test_an_alarm_may_move_the_clock_itself() -> None:
    clock, rung = SimulationClock(), []
    clock.at(10, lambda: clock.run_to(30))
    clock.at(20, lambda: rung.append(clock.now))
    clock.run_to(15)
    assert rung == [20]
    assert clock.now == 30

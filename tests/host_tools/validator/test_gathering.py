"""What arrives in an event loop, handed over in batches; the loop is one of the tests' own, whose
time stands until they move it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.gathering import MAX_LINGER_SECONDS, Gathering

MOST = 6
TOOK = MAX_LINGER_SECONDS / 4  # that a batch is under way


class Loop(asyncio.AbstractEventLoop):
    """A loop that does what is due when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, asyncio.Handle]] = []

    def call_soon(self, callback, *args, context=None):
        return self.call_at(self.now, callback, *args)

    def call_later(self, delay, callback, *args, context=None):
        return self.call_at(self.now + delay, callback, *args)

    def call_at(self, when, callback, *args, context=None):
        handle = asyncio.Handle(callback, args, self, context)
        self._due.append((when, handle))
        return handle

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def turn(self, seconds: float = 0.0) -> None:
        self.now += seconds
        due = [handle for when, handle in self._due if when <= self.now]
        self._due = [(when, handle) for when, handle in self._due if when > self.now]
        for handle in due:
            if not handle.cancelled():
                handle._run()


class Gathered:
    """A gathering of numbers, and the batches that it has handed over."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.batches: list[list[int]] = []
        self.gathering = Gathering(self.loop, self.batches.append, MOST)

    def add(self, *items: int) -> None:
        for item in items:
            self.gathering.add(item)

    def answer(self, after: float = TOOK) -> None:
        self.loop.turn(after)
        self.gathering.done()


def test_what_one_turn_of_the_loop_brings_is_handed_over_together():
    gathered = Gathered()
    gathered.add(1, 2, 3)
    assert gathered.batches == []
    gathered.loop.turn()
    assert gathered.batches == [[1, 2, 3]]


def test_nothing_is_handed_over_while_a_batch_is_under_way():
    gathered = Gathered()
    gathered.add(1)
    gathered.loop.turn()
    gathered.add(2, 3)
    gathered.loop.turn(1.0)
    assert gathered.batches == [[1]]
    gathered.gathering.done()
    assert gathered.batches == [[1], [2, 3]]


def test_a_batch_waits_for_as_many_as_were_answered_with_the_last_one():
    gathered = Gathered()
    gathered.add(1, 2)
    gathered.loop.turn()
    gathered.add(3)
    gathered.answer()
    gathered.add(4)
    gathered.loop.turn()
    assert gathered.batches == [[1, 2]]
    gathered.add(5)
    assert gathered.batches == [[1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("took", "longest"), [(TOOK, TOOK), (10 * MAX_LINGER_SECONDS, MAX_LINGER_SECONDS)]
)
def test_a_batch_waits_as_long_as_the_last_one_took_for_those_who_do_not_ask_again(
    took: float, longest: float
):
    gathered = Gathered()
    gathered.add(1, 2)
    gathered.loop.turn()
    gathered.add(3)
    gathered.answer(took)
    gathered.loop.turn(0.9 * longest)
    assert gathered.batches == [[1, 2]]
    gathered.loop.turn(0.2 * longest)
    assert gathered.batches == [[1, 2], [3]]


def test_who_comes_after_a_pause_is_handed_over_at_once():
    gathered = Gathered()
    gathered.add(1, 2)
    gathered.loop.turn()
    gathered.answer()
    gathered.loop.turn(TOOK)
    gathered.add(3)
    gathered.loop.turn()
    assert gathered.batches == [[1, 2], [3]]


@given(st.lists(st.one_of(st.integers(1, 9), st.sampled_from(["turn", "a while", "done"]))))
def test_everything_is_handed_over_once_and_in_order(events: list[int | str]):
    gathered = Gathered()
    added = settled = 0
    for event in events:
        if event == "turn":
            gathered.loop.turn()
        elif event == "a while":
            gathered.loop.turn(MAX_LINGER_SECONDS)
        elif event == "done":
            if settled < len(gathered.batches):
                settled += 1
                gathered.gathering.done()
        else:
            gathered.add(*range(added, added + int(event)))
            added += int(event)
        assert len(gathered.batches) - settled <= 1
        assert all(1 <= len(batch) <= MOST for batch in gathered.batches)
    while settled < len(gathered.batches) or len(gathered.gathering):
        gathered.loop.turn(MAX_LINGER_SECONDS)
        if settled < len(gathered.batches):
            settled += 1
            gathered.gathering.done()
    assert [item for batch in gathered.batches for item in batch] == list(range(added))

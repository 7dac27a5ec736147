"""The lock of SQLite's writers: who asks first is served first, so nobody starves under load."""

import threading

from host_tools.validator.store.database import Turns


def test_turns_are_taken_in_the_order_of_asking():
    turns, served = Turns(), []

    def take(number: int) -> None:
        with turns:
            served.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            while len(turns._waiting) <= number:
                pass
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_a_turn_is_handed_on_after_a_failure():
    turns = Turns()
    try:
        with turns:
            raise RuntimeError
    except RuntimeError:
        pass
    with turns:
        pass

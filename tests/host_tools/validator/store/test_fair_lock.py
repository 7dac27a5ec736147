"""The fair lock of SQLite's writers: it is granted in the order of requests."""

import threading

from host_tools.validator.store.database import FairLock


def test_the_lock_is_granted_in_the_order_of_requests():
    lock, served = FairLock(), []

    def take(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            while len(lock._waiting) <= number:
                pass
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_the_lock_is_released_after_an_exception():
    lock = FairLock()
    try:
        with lock:
            raise RuntimeError
    except RuntimeError:
        pass
    with lock:
        pass

"""Ctrl-C is put off where work must not stop halfway, withheld from children, and drops what waits
in a pool."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from host_tools import interrupts


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_work_that_must_not_stop_halfway_is_finished_first():
    done = []

    @interrupts.put_off()
    def work() -> None:
        press_ctrl_c()
        done.append("finished")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["finished"]
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


def test_it_is_put_off_for_a_second_at_most():
    @interrupts.put_off()
    def work() -> None:
        press_ctrl_c()
        threading.Event().wait()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert time.monotonic() - began >= 1.0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_work_that_nobody_interrupts_goes_on():
    with interrupts.put_off():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Finalised:
    """A cycle, which the garbage collector finds."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        press_ctrl_c()


@pytest.mark.parametrize("seconds", [0, 600], ids=["at the end", "amid work"])
def test_one_that_comes_in_a_finaliser_is_not_lost(seconds: float):
    hook, ended = sys.unraisablehook, []

    @interrupts.kept()
    def work() -> None:
        Finalised()
        gc.collect()
        time.sleep(seconds)
        ended.append(seconds)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert ended in ([], [0])
    assert time.monotonic() - began < 600  # it does not sleep to the end
    assert sys.unraisablehook is hook


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.put_off():
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_in_the_work_is_told_rather_than_the_interrupt():
    @interrupts.put_off()
    def work() -> None:
        press_ctrl_c()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()


@pytest.mark.parametrize("threads", [0, 1])
def test_a_child_does_not_get_the_signal_and_this_process_gets_it_afterwards(threads: int):
    children = []
    done = threading.Event()
    others = [threading.Thread(target=done.wait) for _ in range(threads)]
    for other in others:
        other.start()

    @interrupts.withheld_from_children()
    def work() -> None:
        children.append(subprocess.Popen(["sleep", "60"]))
        press_ctrl_c()
        children.append("held")

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
        child, held = children
        assert held
        os.kill(child.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.3)
    finally:
        done.set()
        children[0].kill()
        children[0].wait()


def test_what_waits_in_a_pool_is_dropped_when_its_block_fails():
    started, go_on = threading.Event(), threading.Event()
    ran = []

    def first() -> None:
        started.set()
        go_on.wait()

    submitted = []

    def work() -> None:
        with interrupts.threads(1) as pool:
            pool.submit(first)
            submitted.append(pool.submit(ran.append, "second"))
            started.wait()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    go_on.set()
    assert submitted[0].cancelled()
    assert not ran

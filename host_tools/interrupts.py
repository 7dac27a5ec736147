"""Ctrl-C (SIGINT) in commands that work for long: it is never lost, child processes do not see it,
pools of threads do not outlast it, and what must not stop halfway is finished first.

A terminal sends SIGINT to every process of the command. Only the first one obeys; it ends the
others.
"""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

_AT_MOST = 1.0  # seconds that an interrupt is put off
_AGAIN = 0.02  # seconds until an interrupt that was lost comes again


@contextmanager
def withheld_from_children() -> Iterator[None]:
    """Start child processes in which SIGINT stays blocked; this process gets one that comes
    meanwhile when the block ends, as with put_off()."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    with put_off():  # another thread, which does not block it, may be given the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def put_off() -> Iterator[None]:
    """Raise the KeyboardInterrupt of a SIGINT when the block has ended, or after _AT_MOST.

    A process that ignores SIGINT, as one started by nohup does, goes on ignoring it.
    """
    main = threading.current_thread() is threading.main_thread()
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if not main or ignored or not hasattr(signal, "setitimer"):
        yield  # only the main thread gets signals; Windows has no timer
        return
    interrupted = False

    def note(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if not interrupted:
            signal.setitimer(signal.ITIMER_REAL, _AT_MOST)
        interrupted = True

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    on_alarm = signal.signal(signal.SIGALRM, give_up)
    on_interrupt = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, on_interrupt)
        signal.signal(signal.SIGALRM, on_alarm)
    if interrupted:
        raise KeyboardInterrupt


@contextmanager
def kept() -> Iterator[None]:
    """Raise a KeyboardInterrupt again that Python had to drop, because it was raised in a
    finaliser, in the callback of a weak reference or in one that C calls (sys.unraisablehook)."""
    before, again = sys.unraisablehook, list[threading.Thread]()
    main_thread = threading.get_ident()

    def hook(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            # Not at once: it would be raised in this function, which is another such place.
            again.append(threading.Timer(_AGAIN, _interrupt, [main_thread]))
            again[-1].start()
        else:
            before(dropped)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        try:
            for timer in again:
                timer.join()
        finally:
            sys.unraisablehook = before


def _interrupt(main_thread: int) -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # a signal also ends its sleep
        signal.pthread_kill(main_thread, signal.SIGINT)


@contextmanager
def threads(count: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of `count` threads (None: as many as ThreadPoolExecutor takes) whose waiting work
    is dropped when the block fails."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()

"""Reference measurements for the figures' ratios: work of a known kind, timed in the same run."""

import hmac
import subprocess
import time
from collections.abc import Callable
from functools import cache

from emulator.mcu.vm import find_vm

_ROUNDS = 5
_HMACS = 1000
_VM_STARTS = 20


def best(action: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """Give the shortest duration of `rounds` runs in seconds: the one least disturbed by other
    programs."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def start_vm() -> None:
    """Start a bare MicroPython VM and wait until it has ended."""
    _, command = find_vm()
    subprocess.run([*command, "-c", "pass"], check=True)


def vm_start() -> float:
    """Give the mean duration, in seconds, of starting and ending a bare VM _VM_STARTS times."""
    began = time.perf_counter()
    for _ in range(_VM_STARTS):
        start_vm()
    return (time.perf_counter() - began) / _VM_STARTS


def quickest_vm_start() -> float:
    """Give the shortest of _VM_STARTS durations of starting and ending a bare VM, in seconds, to
    compare with best()."""
    return best(start_vm, _VM_STARTS)


@cache
def thousand_hmacs() -> float:
    """Give the processor time, in seconds, of 1,000 HMAC-SHA-1 over 8 bytes by the standard
    library."""
    key, message = bytes(20), bytes(8)
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_HMACS):
            hmac.digest(key, message, "sha1")
        times.append(time.process_time() - began)
    return min(times)

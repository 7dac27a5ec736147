"""What figures are held against: work of a known kind, timed on this machine in the same run."""

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
    """Give the shortest of some runs in seconds: the least disturbed one."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def start_vm() -> None:
    """Start a bare MicroPython VM and wait for its end."""
    _, command = find_vm()
    subprocess.run([*command, "-c", "pass"], check=True)


def vm_start() -> float:
    """Give the seconds of a bare VM's start and end, on average of some just now."""
    began = time.perf_counter()
    for _ in range(_VM_STARTS):
        start_vm()
    return (time.perf_counter() - began) / _VM_STARTS


def quickest_vm_start() -> float:
    """Give the seconds of the quickest of some starts, to compare with best()."""
    return best(start_vm, _VM_STARTS)


@cache
def thousand_hmacs() -> float:
    """Give the processor seconds of 1,000 HMAC-SHA-1 of 8 bytes, by the standard library."""
    key, message = bytes(20), bytes(8)
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_HMACS):
            hmac.digest(key, message, "sha1")
        times.append(time.process_time() - began)
    return min(times)

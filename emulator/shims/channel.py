"""The VM's end of the records: two inherited file descriptors, and the local share of the virtual clock."""
# ruff: noqa: PLW0603, SIM115 - state for the life of the VM

import sys

import records
import uos
from ustruct import pack, unpack_from

_LOOK = 3  # microseconds a look at the clock takes, so that busy loops end
_CALL = 2  # microseconds any other call takes
_LET_IN = 1000  # a busy loop lets pin events in once in so many microseconds

_requests = open(int(sys.argv[1]), "wb")
_replies = open(int(sys.argv[2]), "rb")
_header = bytearray(records.REPLY_SIZE)
_base = 0  # microseconds since power-on at the host's last word
_spent = 0  # and spent here since
_unheard = 0  # and of these since events were last let in
_late = []  # events whose handlers have not run yet
_held = False  # interrupts are off
handling = None  # the source whose handler runs; as on a board no other one does meanwhile
sources = {}  # where an event comes from -> an object with ring(flags), and drop() where it is `hard`
on_event = None  # the machine module puts its handler here
answering = {}  # I2C address -> bus of the chips that have answered since the VM last idled


def post(kind, payload=b"", cost=_CALL):
    """Tell the host; needs no answer. `cost` in microseconds of virtual time."""
    global _base, _spent, _unheard
    _spent += cost
    _unheard += cost
    _requests.write(pack(records.REQUEST, kind, _spent, len(payload)) + payload)
    _base += _spent
    _spent = 0


def send(kind, payload, cost):
    """Post something that takes long, and let events in when it is time: only after it, for on a board it is C code."""
    post(kind, payload, cost)
    if _unheard > _LET_IN:
        call(records.TICK)


def call(kind, payload=b"", cost=_CALL, handlers=True):
    """Ask the host, run the handlers of the events it reports, return its payload. OSError as the host says.

    `handlers`: False when on a board this is part of a longer piece of C code, after which the handlers run.
    """
    global _base, _unheard
    post(kind, payload, cost)
    if _replies.readinto(_header) != records.REPLY_SIZE:
        uos.system("kill -9 $PPID")  # the host is gone: no program in here may catch that and go on
    _base, status, events, size = unpack_from(records.REPLY, _header)
    _unheard = 0
    body = _replies.read(2 * events + size) if events or size else b""
    for i in range(0, 2 * events, 2):
        _late.append((body[i], body[i + 1]))
    if handlers and _late:
        _run_handlers()
    if status == records.INTERRUPT:
        raise KeyboardInterrupt
    if status:
        raise OSError(status)
    return body[2 * events :]


def _run_handlers():
    global handling
    if handling is not None or _held:
        return
    try:
        while _late:
            handling, flags = _late.pop(0)
            on_event(handling, flags)
    finally:
        handling = None


def spend(micros):
    """Take so many microseconds; True when it is time to let events in."""
    global _spent, _unheard
    _spent += micros
    _unheard += micros
    return _unheard > _LET_IN or _late


def let_in():
    """Run the handlers of the events that have come."""
    if _unheard > _LET_IN:
        call(records.TICK)
    elif _late:
        _run_handlers()


def look():
    """Microseconds since power-on."""
    global _spent
    _spent += _LOOK
    if _late:
        _run_handlers()
    if _spent > _LET_IN:
        call(records.TICK)
    return _base + _spent


def idle(until, link):
    """Wait for an event or for `until` (microseconds since power-on, None: for ever). False when it is past."""
    if until is None:
        left = -1
    else:
        left = until - _base - _spent
        if left <= 0:
            call(records.TICK)
            return False
    if _late and not _held and handling is None:
        _run_handlers()
        return True
    answering.clear()
    call(records.IDLE, pack("<qB", left, link))
    return until is None or _base + _spent < until


def hold_events(held):
    """Keep events back from now on, or hand out what was kept."""
    global _held
    _held = held
    _run_handlers()


def holding():
    """Whether events are being kept back."""
    return _held

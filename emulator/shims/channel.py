"""The VM's end of the records: two inherited file descriptors, and its part of the virtual clock.

It allocates almost nothing: the firmware has the VM collect garbage every few kilobytes of
allocation, and only the firmware's own allocations should count.
"""
# ruff: noqa: PLR1730, PLW0603, SIM115 - state for the life of the VM, and no call where it costs
# time

import sys

import records
import uos
from ustruct import pack_into, unpack_from

_CLOCK_READ = 3  # microseconds that reading the clock takes, so that busy loops end
_CALL = 2  # microseconds any other call takes
_SIZE = records.REQUEST_SIZE
_len = len  # MicroPython searches the whole table of its builtins for one
_EVENT_DELAY = (
    1000  # microseconds after a record that may have caused an event, until a busy loop asks for it
)
_ROOM = 4096  # bytes of records that wait to be sent together; a pipe takes so many in one piece

_requests = open(int(sys.argv[1]), "wb")
_replies = open(int(sys.argv[2]), "rb")
_record = bytearray(_ROOM)
_formats = {}  # of a record with so many bytes of payload
_used = 0  # bytes of records that wait
_header = bytearray(records.REPLY_SIZE)
_base = 0  # microseconds since power-on at the host's last reply
_spent = 0  # and spent here since
_check_at = 0  # when a busy loop must ask for events; there are none before
_known_until = 0  # until when `_levels` is valid
_levels = 0  # of all pins, bit by bit
_pending = []  # events whose handlers have not run yet
_held = False  # interrupts are off
handling = None  # the source whose handler runs; as on a board no other one does meanwhile
# where an event comes from -> an object with ring(flags), and drop() where it is `hard`
sources = {}
on_event = None  # the machine module puts its handler here
tell = None  # prints the account of the heap (collector.py)
answering = {}  # I2C address -> bus of the chips that have answered since the VM last idled
work = (
    None  # gives the microseconds that the processor has worked since it was last asked (pace.py)
)
at_prompt = False  # records must be sent at once, because the REPL waits without a record


def _put(kind, head, cost, body, size):
    """Queue a record; its payload is `head` and then `body`, a buffer of `size` bytes of any
    type."""
    global _base, _spent, _used
    if work:
        _spent += work()
    length = _len(head)
    end = _used + _SIZE + length
    if end > _ROOM:
        _flush()
        end = _SIZE + length
    if length not in _formats:
        _formats[length] = records.REQUEST + str(length) + "s"
    if end <= _ROOM:
        pack_into(_formats[length], _record, _used, kind, _spent + cost, length + size, head)
        _used = end
    else:
        pack_into(records.REQUEST, _record, 0, kind, _spent + cost, length + size)
        _used = _SIZE
        _flush()
        _requests.write(head)
    _base += _spent + cost
    _spent = 0
    if size:
        _flush()
        _requests.write(body, size)


def _flush():
    global _used
    if _used:
        _requests.write(_record, _used)
        _used = 0


def post(kind, payload=b"", cost=_CALL):
    """Send a record without a reply. `cost` in microseconds of virtual time."""
    global _check_at, _known_until
    _put(kind, payload, cost, None, 0)
    _known_until = 0
    if _check_at > _base + _EVENT_DELAY:
        _check_at = _base + _EVENT_DELAY
    if at_prompt:
        _flush()


def send(kind, payload, cost, body=None, size=0):
    """Send a record without a reply; run the handlers of pending events when a check for them is
    due, as a board does after C code.

    `body` and `size`: more of the payload, a buffer of that many bytes.
    """
    _put(kind, payload, cost, body, size)
    if at_prompt or _base >= _check_at:
        call(records.TICK)


def call(kind, payload=b"", cost=_CALL, handlers=True):
    """Send a record, run the handlers of reported events, return the reply's payload.

    OSError with the host's errno. `handlers` is False where a board runs handlers only later.
    """
    global _base, _check_at, _known_until, _levels
    _put(kind, payload, cost, None, 0)
    _flush()
    if _replies.readinto(_header) != records.REPLY_SIZE:
        uos.system("kill -9 $PPID")  # the host is gone: no program in here may catch that and go on
    _base, quiet, _levels, status, events, size = unpack_from(records.REPLY, _header)
    _check_at = _known_until = _base + quiet
    for _ in range(events):
        _pending.append(tuple(_replies.read(2)))
    answer = _replies.read(size) if size else b""
    if handlers and _pending:
        _run_handlers()
    if status == records.TELL:
        tell()
        return call(kind, payload, 0)
    if status == records.INTERRUPT:
        raise KeyboardInterrupt
    if status:
        raise OSError(status)
    return answer


def level(pin):
    """Give the level (0 or 1) of a pin; the host is asked only when it can have changed since its
    last reply."""
    global _spent
    if work:
        _spent += work()
    if _base + _spent + _CALL >= _known_until:
        call(records.PIN_READ, handlers=False)
    else:
        _spent += _CALL
    found = _levels >> pin & 1
    if _pending:
        _run_handlers()
    return found


def _run_handlers():
    global handling
    if handling is not None or _held:
        return
    try:
        while _pending:
            handling, flags = _pending.pop(0)
            on_event(handling, flags)
    finally:
        handling = None


def spend(micros):
    """Advance the virtual clock by `micros`; return a true value when a check for events is due or
    an event waits for its handler."""
    global _spent
    if work:
        _spent += work()
    _spent += micros
    return _base + _spent >= _check_at or _pending


def now():
    """Give the microseconds since power-on; this takes no virtual time."""
    return _base + _spent


def run_pending():
    """Run the handlers of pending events; ask the host for events when that is due."""
    if _base + _spent >= _check_at:
        call(records.TICK)
    elif _pending:
        _run_handlers()


def read_clock():
    """Give the microseconds since power-on, as a program reads its clock: it takes virtual time,
    and pending handlers run."""
    global _spent
    if work:
        _spent += work()
    _spent += _CLOCK_READ
    if _pending:
        _run_handlers()
    if _base + _spent >= _check_at:
        call(records.TICK)
    return _base + _spent


def idle(until, link):
    """Wait for an event or until `until` (microseconds since power-on, None: no limit).

    False when `until` is over. `link`: 1 when bytes from the host end the wait too, 2 for a wait in
    light sleep.
    """
    global _spent
    if work:
        _spent += work()
    if until is None:
        left = -1
    else:
        left = until - _base - _spent
        if left <= 0:
            call(records.TICK)
            return False
    if _pending and not _held and handling is None:
        _run_handlers()
        return True
    answering.clear()
    pack_into("<qB", _waits, 0, left, link)
    call(records.IDLE, _waits)
    return until is None or _base + _spent < until


_waits = bytearray(9)


def hold_events(held):
    """Hold events back (True), or deliver those held back (False)."""
    global _held
    _held = held
    _run_handlers()


def holding():
    """Whether events are held back."""
    return _held

"""The VM's end of the records: two inherited file descriptors, and its part of the virtual clock.

It allocates almost nothing: the firmware has the VM collect garbage every few kilobytes of
allocation, and only the firmware's own allocations should count.
"""
# ruff: noqa: PLR1730, PLW0603, SIM115 - state for the life of the VM, and no call where it costs
# time

import sys

import records
import uos
from micropython import const
from ustruct import pack_into, unpack_from

_CLOCK_READ = const(3)  # microseconds that reading the clock takes, so that busy loops end
_CALL = const(2)  # microseconds any other call takes
_REQUEST, _SIZE = records.REQUEST, records.REQUEST_SIZE
_QUIET = records.QUIET_US
_len = len  # MicroPython searches the whole table of its builtins for one
# microseconds after a record that may have caused an event, until a busy loop asks for it
_EVENT_DELAY = const(1000)
_FORMATS = const(24)  # at most
# bytes of records that wait to be sent together; a pipe takes so many in one piece
_ROOM = const(4096)

_requests = open(int(sys.argv[1]), "wb")
_replies = open(int(sys.argv[2]), "rb")
_record = bytearray(_ROOM)
_formats = {}  # of a body of so many bytes
_used = 0  # bytes of records that wait
_header = bytearray(records.REPLY_SIZE)
_base = 0  # microseconds since power-on at the host's last reply
_spent = 0  # and spent here since
_check_at = 0  # when a busy loop must ask for events; there are none before
_known_until = 0  # until when `_levels` is valid
_alone_until = 0  # until when the host has nothing to tell, unless a record causes it
# whether the host is to be asked for levels again, because of a record since its last reply
_asks = False
_levels = 0  # of all pins, bit by bit
_pending = []  # events whose handlers have not run yet
_held = False  # interrupts are off
handling = None  # the source whose handler runs; as on a board no other one does meanwhile
# where an event comes from -> an object with ring(flags), and drop() where it is `hard`
sources = {}
on_event = None  # the machine module puts its handler here
tell = None  # prints the account of the heap (collector.py)
showing = 0  # pins, bit by bit, whose writing changes no level but their own
answering = {}  # I2C address -> bus of the chips that have answered since the VM last idled
work = (
    None  # gives the microseconds that the processor has worked since it was last asked (pace.py)
)
news = 0  # how often something may have come: an event, a handler's work, what changes a level
at_prompt = False  # records must be sent at once, because the REPL waits without a record


def _put(kind, head, cost, size):
    """Queue a record but for the last `size` bytes of its payload, which begins with `head`.

    MicroPython keeps the values of a call in the heap where they are more than eleven: this one has
    eleven, so that the VM collects no garbage for it.
    """
    global _base, _spent, _used
    if work:
        _spent += work()
    size += _len(head)
    if _used + _SIZE + size > _ROOM:
        _flush()
    pack_into(_REQUEST, _record, _used, kind, _spent + cost, size)
    _base += _spent + cost
    _spent = 0
    _used += _SIZE
    if _used + _len(head) > _ROOM:
        _flush()
        _requests.write(head)
    else:
        _record[_used : _used + _len(head)] = head
        _used += _len(head)


def _flush():
    global _used
    if _used:
        _requests.write(_record, _used)
        _used = 0


def post(kind, payload=b"", cost=_CALL, felt=True):
    """Send a record without a reply. `cost` in microseconds of virtual time. `felt`: a level may
    change by it, or an event come."""
    global _alone_until, _asks, _check_at, news
    _put(kind, payload, cost, 0)
    _asks = True
    if felt:
        _alone_until = 0
        news += 1
    if _check_at > _base + _EVENT_DELAY:
        _check_at = _base + _EVENT_DELAY
    if at_prompt:
        _flush()


def send(kind, payload, cost, body, size):
    """Send a record without a reply; run the handlers of pending events when a check for them is
    due, as a board does after C code.

    `body` and `size`: more of the payload, a buffer of that many bytes.
    """
    global _used
    _put(kind, payload, cost, size)
    if _used + size > _ROOM:
        _flush()
        _requests.write(body, size)
    else:
        form = _formats.get(size)
        if not form:
            form = f"{size}s"
            if _len(_formats) < _FORMATS:
                _formats[size] = form
        pack_into(form, _record, _used, body)
        _used += size
    if at_prompt or _base >= _check_at:
        _tick()


def call(kind, payload=b"", cost=_CALL, handlers=True):
    """Send a record, run the handlers of reported events, return the reply's payload.

    OSError with the host's errno. `handlers` is False where a board runs handlers only later.
    """
    global _alone_until, _asks, _base, _check_at, _known_until, _levels, news
    _put(kind, payload, cost, 0)
    _flush()
    before = _levels
    if _replies.readinto(_header) != records.REPLY_SIZE:
        uos.system("kill -9 $PPID")  # the host is gone: no program in here may catch that and go on
    _base, quiet, _levels, status, events, size = unpack_from(records.REPLY, _header)
    _check_at = _known_until = _base + (quiet if quiet < _QUIET else _QUIET)
    _alone_until = 0 if work else _base + quiet
    _asks = False
    if events or _levels != before:
        news += 1
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


def _goes_on(wait):
    """Let a call and `wait` microseconds pass without the host, where it would only say that
    nothing has happened; False where it must be asked."""
    global _asks, _check_at, _known_until, _spent
    passed = _spent + _CALL + wait
    until = _base + passed + _QUIET
    if until >= _alone_until or at_prompt:
        return False
    _spent, _asks = passed, False
    _check_at = _known_until = until
    return True


def _tick():
    """Ask for events."""
    if not (_asks and _goes_on(0)):
        call(records.TICK)
    elif _pending:
        _run_handlers()


def write(pin, level):
    """Drive a pin with 0 or 1."""
    global _levels
    bit = 1 << pin
    felt = not showing & bit
    if not felt:
        _levels = _levels | bit if level else _levels & ~bit
    _written[0], _written[1] = pin, level
    post(records.PIN_WRITE, _written, _CALL, felt)


def level(pin):
    """Give the level (0 or 1) of a pin; the host is asked only when it can have changed since its
    last reply."""
    global _spent
    if work:
        _spent += work()
    if _asks or _base + _spent + _CALL >= _known_until:
        if not (_asks and _goes_on(0)):
            call(records.PIN_READ, handlers=False)
    else:
        _spent += _CALL
    found = _levels >> pin & 1
    if _pending:
        _run_handlers()
    return found


def _run_handlers():
    global handling, news
    if handling is not None or _held:
        return
    try:
        while _pending:
            news += 1
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
        _tick()
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
        _tick()
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
            _tick()
            return False
    if _pending and not _held and handling is None:
        _run_handlers()
        return True
    answering.clear()
    if left >= 0 and _goes_on(left):
        return False
    pack_into("<qB", _waits, 0, left, link)
    call(records.IDLE, _waits)
    return until is None or _base + _spent < until


# What IDLE and PIN_WRITE carry, made once.
_waits = bytearray(9)
_written = bytearray(2)


def hold_events(held):
    """Hold events back (True), or deliver those held back (False)."""
    global _held
    _held = held
    _run_handlers()


def holding():
    """Whether events are held back."""
    return _held

"""The processor's time: virtual time for what the VM has done since it was last asked.

The VM counts the bytes that it allocates (micropython.mem_total), always alike. Bytecode that
computes allocates: numbers, texts, tuples, frames. So bytes stand for its work, at one rate for
ordinary bytecode, one for long numbers, and one for loading modules. What takes time without
allocating is charged by itself: collections, lookups in the flash's file system, drawing, calls of
the hardware, hashes, AES and machine code. The costs are nanoseconds; emulator/pace.py has them.
"""
# ruff: noqa: PLW0603 - state for the life of the VM

import builtins
import gc
import select
import sys

import channel
import collector
import framebuf
import machine
import ucryptolib
import uhashlib
from micropython import mem_total

# What stands in for the hardware allocates more than a board does: those bytes are no work.
_STAND_INS = {
    machine.ADC: ("read_u16",),
    machine.I2C: ("readfrom_mem_into", "writeto_mem", "writevto"),
    machine.I2S: ("ioctl", "write"),
    machine.Pin: ("value",),
    machine.SPI: ("write",),
    select.poll: ("ipoll", "poll"),
}
_import = None  # what imports without a pace
_functions = {}  # those with costs of their own that are not loaded yet
_costs = {}
_rate = 0  # per byte allocated
_SCALE = 2 if sys.maxsize > 1 << 32 else 1  # size of this VM's objects, against a board's
_weight = 1  # of a byte allocated, against one of the heap: a text or a number has the same size
_total = 0  # bytes allocated when they were last counted
_nanos = 0  # not charged yet
_threshold = -1  # of gc.threshold()
_since = 0  # bytes allocated since the last collection
_limit = 0  # and at which the next one comes
_shims = 0  # bytes that the shims hold
_own = 0  # bytes that charging a call allocates
_frozen = False  # whether modules are frozen: loading one allocates but what it makes
_code = 0  # bytes here of what is no part of a board's heap, as it is frozen
_depth = 0  # of imports
_ROOM = 128 * 1024 * _SCALE  # by which the heap is larger here, for what is frozen


def start(costs, frozen, importing):
    """Charge from now on, by costs as emulator/pace.py gives them to the VM. `frozen` says that the
    firmware's modules are, and `importing` imports one."""
    global _import, _frozen, _rate, _total, _nanos, _shims, _own
    for cost in costs:
        name, _, values = cost.partition(":")
        if "." in name:
            _functions[name] = [int(value) for value in values.split(",")]
        else:
            _costs[name] = int(values)
    _rate, _frozen = _costs["allocated"], frozen
    _watch_functions()
    _import = importing
    builtins.__import__ = _importing
    for stand_in, names in _STAND_INS.items():
        for name in names:
            setattr(stand_in, name, _standing_in(getattr(stand_in, name)))
    channel.on_event = _handling(channel.on_event)
    sys.modules.update(uhashlib=_Hashes, ucryptolib=_Ciphers, framebuf=_Framebuf)
    _begin()
    nothing = _charged(int, 0, 0, 0, 0)
    before = mem_total()
    nothing()
    _own = mem_total() - before
    gc.collect()
    _shims = gc.mem_alloc()
    _begin()
    _total, _nanos = mem_total(), 0
    channel.work = work
    collector.pace = sys.modules[__name__]


def work():
    """Return the microseconds of the work done since the last call. Each belongs to a call of the
    hardware, with the bytecode around it."""
    global _nanos
    count()
    _nanos += _costs["call"]
    micros = max(0, _nanos // 1000)
    _nanos -= 1000 * micros
    return micros


def read(micros):
    """As channel.spend, for a read from the flash's file system."""
    global _nanos
    _nanos += _costs["read"] - _costs["call"]
    return channel.spend(micros)


def threshold(amount):
    """Take what the firmware has set gc.threshold() to, in bytes of this VM."""
    global _threshold, _since
    since = _since
    _threshold = amount
    _begin()
    _since = since


def collected():
    """Charge a collection that is over."""
    global _nanos
    _nanos += _costs["collection"] + max(0, gc.mem_alloc() - _shims - _code) * _costs["live"]
    _begin()


def count():
    """Charge what has been allocated since the last count, and the collections that this causes on
    a board. The VM collects then too, so that it is known what lives."""
    global _total, _nanos, _since
    total = mem_total()
    _nanos += (total - _total) * _rate
    _since += (total - _total) * _weight
    _total = total
    while _since >= _limit:
        since = _since - _limit
        gc.collect()
        collected()
        _since = since


def _begin():
    """Count anew what is allocated until the next collection."""
    global _since, _limit
    _since, free = 0, gc.mem_free()
    if _frozen:
        free += _code - _ROOM
    _limit = min(_threshold, free) if _threshold > 0 else free


def _charged(function, nanos, rate, counted, each):
    """Give a function whose calls are charged: `nanos`, `each` of them times its argument number
    `counted` or that one's length, and at another `rate` what it allocates."""

    def call(*arguments):
        global _rate, _nanos, _total, _weight
        _total += _own
        count()
        outer = _rate, _weight
        _rate, _weight = rate, _SCALE
        _nanos += nanos
        if each:
            size = arguments[counted]
            _nanos += each * (size if isinstance(size, int) else len(size))
        try:
            return function(*arguments)
        finally:
            count()
            _rate, _weight = outer

    return call


def _standing_in(function):
    """Give a function of a stand-in, which charges what came before it, and is no work itself."""

    def call(*arguments):
        global _total
        _total += _own
        channel.spend(0)
        outer, channel.work = channel.work, None
        try:
            return function(*arguments)
        finally:
            _total = mem_total()
            channel.work = outer

    return call


def _handling(handler):
    """Give a handler of interrupts whose work is charged, also in the midst of a stand-in."""

    def call(source, flags):
        global _total
        outer, channel.work = channel.work, work
        if not outer:
            _total = mem_total()
        try:
            handler(source, flags)
        finally:
            count()
            channel.work = outer

    return call


def _importing(name, *arguments):
    global _rate, _weight, _nanos
    count()
    outer = _rate, _weight
    # Code is bytes; that a frozen module is compiled here is no work.
    _rate, _weight = (0, 0) if _frozen else (_costs["loaded"], _SCALE)
    known = len(sys.modules)
    try:
        return _load_frozen(name, *arguments) if _frozen else _import(name, *arguments)
    finally:
        count()
        _rate, _weight = outer
        _nanos += _costs["import"] * (1 + name.count("."))
        if len(sys.modules) > known:
            _nanos += _costs["frozen"] if _frozen else _costs["module"] * known
            _watch_functions()


def _load_frozen(name, *arguments):
    """Import as from frozen modules, whose code stands in a board's flash, not on its heap."""
    global _code, _depth
    if name in sys.modules or not name.startswith("firmware"):
        return _import(name, *arguments)
    if not _depth:
        gc.collect()
        before = gc.mem_alloc()
    _depth += 1
    try:
        return _import(name, *arguments)
    finally:
        _depth -= 1
        if not _depth:
            gc.collect()
            _code += (gc.mem_alloc() - before) * _costs["stays"] // 100


def _watch_functions():
    """Charge the calls of those functions that have costs of their own and are loaded by now."""
    for dotted in list(_functions):
        where, _, name = dotted.rpartition(".")
        owner = _owner(where)
        function = getattr(owner, name, None)
        if function:
            charged = _charged(function, *_functions.pop(dotted))
            native = _module(where) and isinstance(owner, type)  # by boot_image
            setattr(owner, name, staticmethod(charged) if native else charged)


def _owner(where):
    """Return the module or class of that name, None while it is not loaded."""
    module, _, name = where.rpartition(".")
    return _module(where) or getattr(_module(module), name, None)


def _module(name):
    """Return the loaded module of that name; a frozen one's has two parts, firmware.ui_draw."""
    if _frozen:
        name = name.replace(".", "_").replace("_", ".", 1)
    return sys.modules.get(name)


class _Hash:
    def __init__(self, made, data):
        global _nanos
        _nanos += _costs["hash"]
        self._made = made
        self.digest = made.digest
        if data is not None:
            self.update(data)

    def update(self, data):
        global _nanos
        _nanos += len(data) * _costs["hashed"]
        self._made.update(data)


class _Hashes:
    @staticmethod
    def sha1(data=None):
        return _Hash(uhashlib.sha1(), data)

    @staticmethod
    def sha256(data=None):
        return _Hash(uhashlib.sha256(), data)

    @staticmethod
    def md5(data=None):
        return _Hash(uhashlib.md5(), data)


class _Cipher:
    def __init__(self, key, mode, *initial):
        global _nanos
        _nanos += _costs["key"]
        self._made = ucryptolib.aes(key, mode, *initial)

    def encrypt(self, data, *into):
        global _nanos
        _nanos += _costs["cipher"] + len(data) * _costs["enciphered"]
        return self._made.encrypt(data, *into)

    def decrypt(self, data, *into):
        global _nanos
        _nanos += _costs["cipher"] + len(data) * _costs["enciphered"]
        return self._made.decrypt(data, *into)


class _Ciphers:
    aes = _Cipher


class _FrameBuffer(framebuf.FrameBuffer):
    def blit(self, source, *place):
        global _nanos
        if isinstance(source, tuple):  # else a driver copies a line, which is charged as its own
            _nanos += _costs["glyph"] + source[1] * source[2] * _costs["pixel"]
        super().blit(source, *place)

    def fill(self, colour):
        global _nanos
        _nanos += _costs["fill"]
        super().fill(colour)


class _Framebuf:
    FrameBuffer = _FrameBuffer
    MONO_VLSB = framebuf.MONO_VLSB
    MONO_HLSB = framebuf.MONO_HLSB
    GS8 = framebuf.GS8

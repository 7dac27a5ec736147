"""The records between the VM and the host. Read by both sides, so this is plain data.

VM to host: kind (u8), microseconds spent since the last reply (u32), payload length (u16), payload.
Host to VM, only for kinds that wait: time since power-on in microseconds (u64), microseconds from
then on in which nothing happens by itself (u32; above QUIET_US only where the VM may also wait so
long by itself), the levels of all pins, bit by bit (u64), status (u8: 0, an errno, INTERRUPT or
TELL), number of events (u8), payload length (u16), the events (source, such as a pin, and flags: u8
each), payload. All little endian. Records without a reply may come late, together with the next one
that has one.
"""

REQUEST = "<BIH"
REQUEST_SIZE = 7
REPLY = "<QIQBBH"
REPLY_SIZE = 24
QUIET_US = 100_000  # longest virtual time between two records of a busy loop
INTERRUPT = 255  # status: raise KeyboardInterrupt, as Ctrl-C does on a board
TELL = 254  # status: print the account of the heap, and send the same record again

READY = 1  # the shims are loaded. reply, at power-on: reset cause, 1 to run boot.py alone (u8 each)
TICK = 2  # a busy loop asks for events
# microseconds to the deadline or -1 (i64), 1 when a byte from the host ends it, 2 in light sleep
# (u8)
IDLE = 3
PROGRAM = 4  # flash address (u32), bytes
ERASE = 5  # flash address (u32)
# pin, mode, pull (u8 each), level to drive (u8, 255: none). reply: a byte when writing it changes
# no other level, and causes no event
PIN_INIT = 6
PIN_WRITE = 7  # pin, level. no reply
PIN_READ = 8  # reply: nothing but the levels that each one has
PIN_IRQ = 9  # pin, trigger flags
I2C_INIT = 10  # bus, sda, scl (u8 each), frequency in hertz (u32)
# bus, address (u8 each), bytes to read (u16), bytes to write. reply: bytes read; of a write, a byte
# when the next one to that chip can end otherwise; EIO when nobody answers, ETIMEDOUT on a bus that
# is held
I2C_TRANSFER = 11
I2C_POST = 12  # the same without a reply: bytes to an address that has just answered
I2C_SCAN = 13  # bus. reply: the addresses that answer
ADC_READ = 14  # pin. reply: u16
RANDOM = 15  # count (u16). reply: bytes
RESET = 16  # cause (u8). never answered
WATCHDOG = 17  # milliseconds until the watchdog resets (u32)
# main.py is over, the REPL follows: traceback text, empty when it ended by itself or by Ctrl-C
PROMPT = 18
SPI_INIT = 19  # bus, sck, mosi (u8 each), SPI mode 0 to 3 (u8), frequency in hertz (u32)
SPI_WRITE = 20  # bus (u8), bytes. no reply
# bus, sck, ws, sd, bytes of a sample, channels (u8 each), rate in hertz (u32), bytes of ibuf (u32).
# reply: the rate at which the clocks really run (u32)
I2S_INIT = 21
I2S_WRITE = 22  # bus (u8), 1 for a new buffer and 0 for more of the same (u8), bytes. no reply
I2S_DEINIT = 23  # bus (u8)
TIMER = 24  # number, 1 when periodic (u8 each), period in microseconds (u32, 0: stop)
I2S_PUT = 25  # bus (u8), bytes, for which there is room in the ring. no reply
# the source (u8) whose handler used the flash while the program was using it. never answered
REENTERED = 26
I2S_FILLED = 27  # bus (u8). reply: bytes in the ring, and to be moved there (u32)

# Where events come from, besides from pins.
TIMER_EVENT = 0xC0  # + the timer's number
I2S_EVENT = 0xE0  # + the bus: the buffer is empty

# machine.Pin, machine.reset_cause: the numbers of MicroPython's rp2 port.
IN, OUT, OPEN_DRAIN = 0, 1, 2
PULL_UP, PULL_DOWN = 1, 2
IRQ_FALLING, IRQ_RISING = 4, 8
PWRON_RESET, WDT_RESET = 1, 3

"""Small programs and file systems, so that the emulator is tested without the firmware."""

from importlib import import_module
from pathlib import Path

from littlefs import LittleFS

import firmware

BLOCK, BLOCKS, PROGRAM = 4096, 352, 256  # of the Pico's file system

# Holds its power for 5 s, draws one more column at each edge, echoes bytes in capitals.
PANEL = """
import select, sys, time
from machine import I2C, Pin
hold = Pin(14, Pin.OUT, value=1)
button = Pin(15, Pin.IN, Pin.PULL_UP)
bus = I2C(0, sda=Pin(4), scl=Pin(5), freq=400000)
for command in (0x8D, 0x14, 0xA1, 0xC8, 0x20, 0x00, 0xAF):
    bus.writeto(0x3C, bytes((0x80, command)))
bus.writeto(0x3C, b"\\x40" + bytes(1024))
edges = []
note = lambda pin: edges.append((time.ticks_ms(), pin.value()))
button.irq(note, Pin.IRQ_FALLING | Pin.IRQ_RISING)
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
shown = 0
until = time.ticks_add(time.ticks_ms(), 5000)
while time.ticks_diff(until, time.ticks_ms()) > 0:
    for _ in poll.poll(100):
        byte = sys.stdin.buffer.read(1)
        if byte == b"\\x03":
            raise KeyboardInterrupt
        sys.stdout.buffer.write(byte.upper())
    if len(edges) > shown:
        shown = len(edges)
        bus.writeto(0x3C, b"\\x40" + bytes((0xFF,)) * shown)
hold.off()
while True:
    time.sleep(1)
"""

# Echoes what a host sends in capitals, without end; Ctrl-C leads to the REPL.
ECHO = """
import select, sys
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
while True:
    poll.poll()
    byte = sys.stdin.buffer.read(1)
    if byte == b"\\x03":
        raise KeyboardInterrupt
    sys.stdout.buffer.write(byte.upper())
"""


def image(main: str, **files: str) -> bytes:
    """Give a file system with that main.py and further modules (name=source)."""
    return _image({"main": main, **files}, BLOCKS)


def image_with_drivers(main: str, board: str) -> bytes:
    """Give a board's file system with that main.py and the firmware's drivers and boards."""
    root = Path(firmware.__file__).parent
    sources = [root / "__init__.py", root / "hardware.py", root / "modules.py"]
    sources += [*root.glob("drivers/*.py"), *root.glob("boards/*.py")]
    files = {str(path.relative_to(root.parent))[:-3]: path.read_text() for path in sources}
    size = import_module(f"firmware.boards.{board}").BOARD["filesystem"]["size"]
    return _image({"main": main, **files}, size // BLOCK)


def _image(files: dict[str, str], blocks: int) -> bytes:
    disk = LittleFS(
        block_size=BLOCK, block_count=blocks, prog_size=PROGRAM, disk_version=0x00020000
    )
    for name, text in files.items():
        disk.makedirs(str(Path(name).parent), exist_ok=True)
        with disk.open(f"{name}.py", "w") as file:
            file.write(text)
    return bytes(disk.context.buffer)

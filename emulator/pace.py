"""What the processor's work costs, by microcontroller: nanoseconds of virtual time.

emulator/shims/pace.py charges it in the VM. The RP2040's costs are fitted to what tests/board
measures on an emulated RP2040 that runs MicroPython instruction by instruction at 125 MHz; docs/
figures.json has both, and `python -m tests.board.fit` fits them again. Nobody has measured the
others: theirs are the RP2040's by clock and CoreMark per MHz. Sources: Arm's product pages of the
Cortex-M0+ (2.46) and Cortex-M33 (4.09), Espressif's data sheet of the ESP32-S3 (2.56, one core);
MicroPython 1.28 runs them at 125, 150 and 240 MHz.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """What the calls of a function cost by themselves: each one `call`, and `each` times its
    argument number `counted`, or that one's length; and what a byte costs that it allocates."""

    call: int = 0
    allocated: int = 0
    counted: int = 0
    each: int = 0


Costs = Mapping[str, int | Function]

RP2040: Costs = {
    "allocated": 448,  # a byte, in a VM of 64-bit words
    "loaded": 303,  # a byte that loading a module allocates
    "module": 40_660,  # and for each one that is loaded already: their names are compared
    "frozen": 140_000,  # loading a frozen one
    "stays": 80,  # of what a frozen one takes here, per cent that is code, in the flash of a board
    "import": 37_681,  # looking for a module, each part of its name
    "read": 53_574,  # a read from the flash's file system
    "collection": 6_453_362,  # of garbage: looking through the whole heap
    "live": 71,  # and a byte that stays
    "call": 72_939,  # of the hardware, with the bytecode around it
    "glyph": 360_605,  # a character or mark that is drawn
    "pixel": 1518,  # and a pixel of it
    "fill": 800_000,  # a canvas
    "hash": 300_000,
    "hashed": 900,  # a byte
    "key": 300_000,  # of AES-256
    "cipher": 200_000,  # AES-256 over some blocks
    "enciphered": 2500,  # a byte of them
    "firmware.drivers.sharp_lcd_native.copy": Function(
        call=156_500, allocated=487, counted=2, each=17_000
    ),
    "firmware.drivers.sharp_lcd_native.pack": Function(call=975_604, allocated=487),
    "firmware.crypto.x25519_native.ladder": Function(call=202_568_249, allocated=487),
    "firmware.crypto.chacha20poly1305_native.chacha20": Function(
        call=1_000_000, allocated=510, counted=3, each=5_000
    ),
    "firmware.crypto.chacha20poly1305_native.poly1305": Function(
        call=2_000_000, allocated=510, counted=1, each=5_300
    ),
    "firmware.speech.adpcm_native.decode": Function(
        call=30_000, allocated=500, counted=2, each=2300
    ),
}


def arguments(costs: Costs) -> list[str]:
    """Give costs as the VM takes them: name:nanoseconds, or name:call,allocated,counted,each."""
    return [
        f"{name}:{cost}"
        if isinstance(cost, int)
        else f"{name}:{cost.call},{cost.allocated},{cost.counted},{cost.each}"
        for name, cost in costs.items()
    ]


def _faster(factor: float) -> Costs:
    """Give the costs of a processor that is so many times as fast as the RP2040."""
    return {
        name: round(cost / factor)
        if isinstance(cost, int)
        else Function(
            round(cost.call / factor),
            round(cost.allocated / factor),
            cost.counted,
            round(cost.each / factor),
        )
        for name, cost in RP2040.items()
    }


_RP2040_MARK = 125 * 2.46
COSTS: Mapping[str, Costs] = {
    "rp2040": RP2040,
    "rp2350": _faster(150 * 4.09 / _RP2040_MARK),
    "esp32s3": _faster(240 * 2.56 / _RP2040_MARK),
}

"""Driver: voice packs and their decoder."""

from array import array

from firmware.speech import adpcm, adpcm_plain
from firmware.speech.pack import Pack


def native() -> bool:
    """Return True when the decoder is machine code."""
    return adpcm.NATIVE


def decoded(plain: bool, first: int, data: bytes, count: int) -> list:
    """Decode in pieces; `plain` selects adpcm_plain."""
    module = adpcm_plain if plain else adpcm
    ring = array("h", bytes(2 * adpcm.RING))
    state = array("i", [adpcm.ZERO, first, 0])
    samples = []
    for at in range(0, len(data), 100):
        piece = min(200, count - 2 * at)
        module.decode(state, data[at : at + 100], piece, ring)
        samples += [ring[(2 * at + i) % adpcm.RING] for i in range(piece)]
    return samples


def mixed(plain: bool, values: list, old: int, new: int, faded: int, count: int, gain: int) -> list:
    """Return the samples after take() from `old` and then blend(), in a ring filled with repeated
    values."""
    module = adpcm_plain if plain else adpcm
    ring = array("h", [values[i % len(values)] for i in range(adpcm.RING)])
    out = array("h", bytes(4 * count))
    module.take(ring, old, out, 0, count, gain)
    module.blend(ring, old, new, faded, out, count, count, gain)
    return list(out)


def silenced(plain: bool, size: int, at: int, count: int) -> list:
    """Return samples that were all 7 after silence()."""
    out = array("h", [7] * size)
    (adpcm_plain if plain else adpcm).silence(out, at, count)
    return list(out)


def names(path: str) -> list:
    with open(path, "rb") as file:
        return list(Pack(file).names())


def described(path: str) -> tuple:
    with open(path, "rb") as file:
        pack = Pack(file)
        return pack.describe(), pack.intact()


def read(path: str, clips: list, size: int, gain: int) -> list:
    """Return the samples of clips (name, speed) as bytes, at most 20000 each, read into a buffer of
    that size."""
    with open(path, "rb") as file:
        pack = Pack(file)
        out = array("h", bytes(2 * size))
        heard = []
        for name, speed in clips:
            pack.start(name, speed)
            samples = bytearray()
            count = size
            while count == size and len(samples) < 40000:
                count = pack.read(out, gain)
                samples.extend(bytes(out)[: 2 * count])
            heard.append(bytes(samples))
        return heard


def stopped(path: str, name: str, speed: int) -> tuple:
    """Return how many samples are read before and after stop()."""
    with open(path, "rb") as file:
        pack = Pack(file)
        out = array("h", bytes(400))
        pack.start(name, speed)
        before = pack.read(out, 256)
        pack.stop()
        return before, pack.read(out, 256)


def allocated(path: str, name: str, speed: int) -> int:
    """Bytes of heap taken by reading a whole clip; MicroPython only."""
    import gc

    with open(path, "rb") as file:
        pack = Pack(file)
        out = array("h", bytes(1280))
        pack.start(name, speed)
        pack.read(out, 256)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        while pack.read(out, 256) == 640:
            pass
        after = gc.mem_alloc()
        gc.enable()
        return after - before

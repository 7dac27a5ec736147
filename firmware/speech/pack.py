"""Voice packs: one language's clips in one file, read in pieces while they play.

The file, integers little endian:

| offset | size | what |
|---|---|---|
| 0 | 4 | "KVP2" |
| 4 | 2 | size of the description |
| 6 | 2 | number of entries |
| 8 | 4 | size of the file |
| 12 | 4 | CRC-32 of everything from offset 16 on |
| 16 | | description: a CBOR map, see describe() |
| | 32 each | entries, sorted by name and speed |
| | | ADPCM data and cuts, at the offsets in the entries |

An entry is name (15 bytes, padded with zeros), speed (1 byte, from 1 on), the decoder's first step
index (1), level (1; gain of the clip in 128ths, at most 128), number of cuts (2), samples in the
data (4), offset of the data (4), offset of the cuts (4). Clips are mono, 16 bits, 16 kHz; the
decoder's first predictor is 0.

The clips of a phrase at several speeds may share their data. A *cut* makes a clip longer or shorter
without changing its pitch: after `straight` samples (2 bytes) playback cross-fades, within FADE
samples, to the position `jump` samples (2 bytes, signed) further on in the data. The host chooses
jumps of whole periods of the voice.
"""

import struct
from array import array

from firmware.speech.adpcm import FADE, INDEX, NEXT, PREDICTOR, RING, ZERO, blend, decode, take

if False:
    from firmware.interfaces import File, Iterator, Samples  # type: ignore[unreachable]

MAGIC = b"KVP2"
HEAD = "<4sHHII"
ENTRY = "<15sBBBHIII"
CUT = "<Hh"
RATE = 16000
MAX_CUTS = 512
MAX_JUMP = 640  # samples; both ends of a jump and a decoded piece fit into the ring

_HEAD_SIZE = 16
_ENTRY_SIZE = 32
_NAME_SIZE = 15
_PIECE = 128  # bytes read at once: 256 samples


class Pack:
    """A voice pack in an open binary file. One clip plays at a time; after start(), nothing
    allocates."""

    def __init__(self, file: "File", beside: "Pack | None" = None):
        """Read the header; ValueError for a file that is no voice pack or is truncated. A pack
        beside another one takes turns with it: they share their buffers."""
        head = file.read(_HEAD_SIZE)
        if len(head) < _HEAD_SIZE or head[:4] != MAGIC:
            raise ValueError("not a voice pack")
        _, self._described, self._entries, size, self._crc = struct.unpack(HEAD, head)
        if file.seek(0, 2) != size:
            raise ValueError("the voice pack is cut short")
        self._file = file
        self._ring: Samples = array("h", bytes(2 * RING)) if beside is None else beside._ring
        self._state: Samples = array("i", bytes(12)) if beside is None else beside._state
        self._piece: bytearray = bytearray(_PIECE) if beside is None else beside._piece
        self._cuts: bytearray = bytearray(4 * MAX_CUTS) if beside is None else beside._cuts
        self._entry = bytearray(_ENTRY_SIZE)
        self._level = 128
        self._coded = 0  # samples in the clip's data
        self._position = 0  # the clip's next sample to play
        self._cut = 0  # number of the next cut
        self._cut_count = 0
        self._turn = 0  # the position of that cut
        self._faded = 0  # samples of its cross-fade already played

    def describe(self) -> dict:
        """Return the description: language, voice, licence, rate, codec, speeds, other fields."""
        from firmware.protocol.cbor import loads  # not imported before the first sound

        self._file.seek(_HEAD_SIZE)
        return loads(self._file.read(self._described))

    def intact(self) -> bool:
        """Read the whole file; return True when its checksum is right."""
        from binascii import crc32

        found = 0
        self._file.seek(_HEAD_SIZE)
        while True:
            piece = self._file.read(1024)
            if not piece:
                return found == self._crc
            found = crc32(piece, found)

    def names(self) -> "Iterator[tuple[str, int]]":
        """Yield (name, speed) of every entry."""
        for i in range(self._entries):
            self._load(i)
            yield str(self._entry[:_NAME_SIZE].rstrip(b"\0"), "ascii"), self._entry[_NAME_SIZE]

    def start(self, name: str, speed: int) -> None:
        """Select the clip that read() returns; KeyError when the pack does not have it at this
        speed."""
        key = name.encode()
        low = 0
        high = self._entries
        while low < high:
            middle = (low + high) // 2
            order = self._compare(middle, key, speed)
            if order == 0:
                break
            if order < 0:
                low = middle + 1
            else:
                high = middle
        else:
            raise KeyError(name)
        _, _, index, self._level, count, self._coded, offset, cuts = struct.unpack(
            ENTRY, self._entry
        )
        if count > MAX_CUTS:
            raise ValueError("too many cuts")
        if count:
            self._file.seek(cuts)
            self._file.readinto(self._cuts)
        self._file.seek(offset)
        self._state[PREDICTOR] = ZERO
        self._state[INDEX] = min(index, 88)
        self._state[NEXT] = 0
        self._cut_count = count
        self._cut = 0
        self._position = 0
        self._aim()

    def stop(self) -> None:
        """End the clip: read() returns no more samples."""
        self._position = self._turn = self._coded = 0
        self._cut = self._cut_count = 0

    def read(self, out: "Samples", gain: int, at: int = 0) -> int:
        """Fill out, an array("h"), from `at` on with the clip's next samples, scaled by gain / 256
        (gain 0 to 256).

        Return the number of samples: fewer than fit at the clip's end, 0 after it.
        """
        first = at
        size = len(out)
        gain = (gain * self._level) >> 7
        while at < size:
            count = min(self._turn - self._position, size - at, 2 * _PIECE)
            if count:
                self._decode(self._position + count)
                take(self._ring, self._position, out, at, count, gain)
                self._position += count
            elif self._cut < self._cut_count:
                count = min(FADE - self._faded, size - at)
                jump = self._jump()
                self._decode(self._position + max(jump, 0) + FADE)
                blend(
                    self._ring,
                    self._position,
                    self._position + jump,
                    self._faded,
                    out,
                    at,
                    count,
                    gain,
                )
                self._faded += count
                if self._faded == FADE:
                    self._position += jump + FADE
                    self._cut += 1
                    self._aim()
            else:
                break
            at += count
        return at - first

    def _aim(self) -> None:
        """Set up for the next cut, or for the end of the clip."""
        self._faded = 0
        self._turn = self._coded
        if self._cut < self._cut_count:
            at = 4 * self._cut
            self._turn = self._position + (self._cuts[at] | self._cuts[at + 1] << 8)

    def _jump(self) -> int:
        at = 4 * self._cut + 2
        jump = self._cuts[at] | self._cuts[at + 1] << 8
        return jump - 0x10000 if jump & 0x8000 else jump

    def _decode(self, end: int) -> None:
        """Decode the data up to the sample before `end`, in whole pieces."""
        while self._state[NEXT] < end:
            if not self._file.readinto(self._piece):
                raise OSError(5)  # EIO: the file ends within a clip
            decode(self._state, self._piece, 2 * _PIECE, self._ring)

    def _load(self, number: int) -> None:
        self._file.seek(_HEAD_SIZE + self._described + _ENTRY_SIZE * number)
        self._file.readinto(self._entry)

    def _compare(self, number: int, key: bytes, speed: int) -> int:
        """Load an entry; return < 0, 0 or > 0 as it sorts before, at or after a name and speed."""
        self._load(number)
        for i in range(_NAME_SIZE):
            order = self._entry[i] - (key[i] if i < len(key) else 0)
            if order:
                return order
        return self._entry[_NAME_SIZE] - speed

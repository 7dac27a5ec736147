"""Plays a script, clips of a voice pack with pauses after them, through the audio driver. Times are
milliseconds.

`feed()` reads the next samples from flash and must be called every `feed_ms`, by the program's loop
only: an interrupt handler could run during another file operation. Within a clip it allocates
nothing.
"""

from array import array

from firmware.speech.adpcm import silence

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Audio, Pack, Samples

# Silence (ms) before the first clip: longer than the amplifier's turn-on time (7.5 ms), and but for
# the first thing that is said an audible pause after interrupted speech.
_TURN_ON = 10
_LEAD = 40
_TICK = 5  # loudness of a tick against the speech's
_MARKS = 8  # clips that may begin within the driver's ring, and one more


class Player:
    """Plays one script at a time.

    `gain` is in 256ths, 0 to 256; `busy` is True while sound is being sent or played.
    """

    def __init__(self, audio: "Audio", other: "Callable[[str, Pack], Pack]"):
        """Take the audio driver to play through; other(path, pack) opens the voice pack of clips
        that are given as (path, name), beside the one of use()."""
        self._audio = audio
        self._other = other
        self._pack: Pack | None = None
        self._source: Pack | None = None  # the pack of the current clip
        self._script: list = []
        self._next = 0  # index in the script of the next clip
        self._pause = 0  # samples of silence before it
        self._lead = _TURN_ON
        self._in_clip = False
        self._all_sent = True
        self._behind = 0  # samples of the pause after the current clip
        self._speed = 1
        self._rate = audio.rate // 1000  # samples a millisecond
        # Positions at which clips of the script begin, by index in the script % _MARKS.
        self._begins = array("i", bytes(4 * _MARKS))
        self.busy = False
        self.gain = 256
        self.feed_ms = audio.feed_ms

    @property
    def voice(self) -> bool:
        """Return True when there is a voice pack."""
        return self._pack is not None

    def use(self, pack: "Pack | None") -> None:
        """Use the clips of another voice pack; None for no speech."""
        self.stop()
        self._pack = pack

    def say(self, script: list, speed: int) -> None:
        """Play a script of (clip, pause after it) instead of what is being played; feed() must
        follow."""
        self.stop()
        if self._pack is None or not script:
            return
        self._script = script
        self._speed = speed
        self._next = 0
        self._pause = self._lead * self._rate
        self._lead = _LEAD
        self._all_sent = False
        self.busy = True

    def tick(self) -> None:
        """Play a soft tone of 500 Hz that fades within a piece; feed() must follow."""
        self.stop()
        audio = self._audio
        piece = audio.piece
        size = len(piece)
        for at in range(size):
            piece[at] = (abs(at % 32 - 16) - 8) * self.gain * (size - at) // size * _TICK
        audio.send()
        self.busy = True

    def stop(self) -> None:
        """Be silent at once."""
        self._audio.stop()
        self.busy = False
        self._in_clip = False
        self._all_sent = True

    def feed(self) -> bool:
        """Send on what there is room for; return whether there is still something to be heard."""
        audio = self._audio
        while not self._all_sent and audio.room():
            self._fill(audio.piece, audio.position())
            audio.send()
        return not audio.over()

    def at(self) -> int:
        """Return the index in the script of the clip being played or played last; -1 before the
        first."""
        heard = self._audio.heard()
        place = self._next - 1
        while place >= 0 and self._begins[place % _MARKS] > heard:
            place -= 1
        return place

    def _fill(self, piece: "Samples", position: int) -> None:
        """Fill a piece that starts at `position`, with silence after the end of the script."""
        size = len(piece)
        at = 0
        while at < size:
            if self._in_clip:
                at += self._read(piece, at)
            elif self._pause or not self._start(position + at):
                end = size if self._all_sent else min(size, at + self._pause)
                silence(piece, at, end - at)
                self._pause -= end - at
                at = end

    def _read(self, piece: "Samples", at: int) -> int:
        """Fill the piece with the clip from index `at` on; return the number of samples."""
        count = 0
        try:
            if self._source is not None:
                count = self._source.read(piece, self.gain, at)
        except OSError:  # the flash cannot be read: no more speech, the display goes on
            if self._source is self._pack:
                self._give_up()
        if at + count < len(piece):
            self._in_clip = False
            self._pause = self._behind
        return count

    def _start(self, position: int) -> bool:
        """Start the next clip that the pack has; return False at the end of the script."""
        while self._pack is not None and self._next < len(self._script):
            clip, pause = self._script[self._next]
            self._begins[self._next % _MARKS] = position
            self._next += 1
            if callable(clip):
                clip = clip()
            other = type(clip) is tuple
            try:
                self._source = self._other(clip[0], self._pack) if other else self._pack
                self._source.start(clip[1] if other else clip, self._speed)
            except KeyError:  # an older pack without this phrase; the display shows it
                continue
            except (OSError, ValueError):
                if other:  # the display shows it
                    continue
                self._give_up()
                return False
            self._behind = pause * self._rate
            self._in_clip = True
            return True
        self._all_sent = True
        return False

    def _give_up(self) -> None:
        self._pack = None
        self._in_clip = False
        self._all_sent = True

"""Plays a script, clips of a voice pack with pauses behind them, over the audio driver. Times are milliseconds.

The driver calls `fill` from an interrupt for each of its buffers, so a script goes on while the program draws, and
fill() allocates nothing. A pause ends with a buffer: it is up to half a buffer longer or shorter than said.
"""

_LEAD = 1  # silent buffers in front, while the amplifier wakes


class Player:
    """One voice. `gain` is 0 to 256, in 256ths; `busy` is True while there is sound under way."""

    def __init__(self, audio):
        """Play on that audio driver."""
        self._audio = audio
        self._pack = None
        self._script: list = []
        self._next = 0  # the place in the script that comes next
        self._pause = 0  # samples of silence until then
        self._lead = 0  # silent buffers still to come before everything
        self._in_clip = False
        self._behind = 0  # samples of the pause behind the clip under way
        self._speed = 1
        self._rate = audio.rate // 1000  # samples a millisecond
        self._feed = self._fill  # a bound method is an object: made once
        self.busy = False
        self.gain = 256

    @property
    def voice(self) -> bool:
        """Return True when there is a voice pack."""
        return self._pack is not None

    def use(self, pack) -> None:
        """Take the clips from that voice pack from now on; None for no sound at all."""
        self.stop()
        self._pack = pack

    def say(self, script: list, speed: int) -> None:
        """Play (clip, pause behind it) one after another, instead of what is being played."""
        self.stop()
        if self._pack is None or not script:
            return
        self._script = script
        self._speed = speed
        self._next = 0
        self._pause = 0
        self._in_clip = False
        self._lead = _LEAD
        self.busy = True
        self._audio.play(self._feed)

    def stop(self) -> None:
        """Be silent at once."""
        self._audio.stop()
        self.busy = False
        self._in_clip = False

    def at(self) -> int:
        """Return the place in the script of the clip that is sounding or sounded last; -1 before the first."""
        return self._next - 1

    def _fill(self, buffer) -> int:
        """Fill a buffer of the driver, an array("h"); return how many samples there were to play."""
        size = len(buffer)
        if self._lead:
            self._lead -= 1
            return self._silence(buffer, 0)
        if not self._in_clip and self._pause < size // 2 and not self._start():
            return 0
        if not self._in_clip:
            self._pause -= size
            return self._silence(buffer, 0)
        pack = self._pack
        if pack is None:
            return 0
        try:
            count = pack.read(buffer, self.gain)
        except OSError:  # the flash cannot be read: there is no voice any more, and the display goes on
            self._pack = None
            return 0
        if count < size:
            self._in_clip = False
            self._pause = self._behind - (size - count)
            self._silence(buffer, count)
        return size

    def _start(self) -> bool:
        """Begin with the next clip that the pack has; False at the end of the script."""
        while self._pack is not None and self._next < len(self._script):
            clip, pause = self._script[self._next]
            self._next += 1
            self._behind = pause * self._rate
            if callable(clip):
                clip = clip()
            try:
                self._pack.start(clip, self._speed)
            except KeyError:  # an older pack without this phrase; the display shows it
                continue
            except (OSError, ValueError):
                self._pack = None
                return False
            self._in_clip = True
            return True
        return False

    def _silence(self, buffer, start: int) -> int:
        for i in range(start, len(buffer)):
            buffer[i] = 0
        return len(buffer)

"""The voice of a token: says views, into the loudspeaker or a headset, and keeps the display in
step with itself.

Times are milliseconds of time.ticks_ms().
"""

import time

from firmware.speech.pack import Pack
from firmware.speech.player import Player
from firmware.speech.say import script, twice

# Deadlines
_FEED = "feed"  # to send the voice on
_WATCH = "watch"  # to look, while nothing is said, whether time has made something new of the view
_WATCH_MS = 100


class Voice:
    """Player, amplifier and headset jack; a token without an audio part has a voice that says
    nothing."""

    def __init__(self, app, ended):
        """Speak for this App; call `ended` when something was said to its end."""
        self._app = app
        self._ended = ended
        hardware = app.hardware
        self._audio = hardware.audio
        self._amplifier = hardware.amplifier
        self._jack = hardware.jack
        self._player = None if self._audio is None else Player(self._audio)
        self._file = None  # the open voice pack
        self._language = None
        self._speed = 1
        self.sources = []
        if self._audio is not None:
            for keys in (hardware.button, hardware.keypad):
                if keys is not None:
                    keys.on_press = self._audio.mute
        if self._jack is not None:
            self._jack.on_edge = self._plug_moved
            self.sources.append((self._jack, self._read_jack))

    def apply(self, settings: dict) -> None:
        """Take the settings over: language, volume and speed."""
        if self._player is None:
            return
        self._speed = settings["speed"]
        self._player.gain = self._app.product["gains"][settings["volume"]]
        if settings["language"] != self._language:
            self._language = settings["language"]
            self._player.use(self._open_pack())

    def say(self, view) -> None:
        """Say what is new about a view, instead of what is being said."""
        self._app.due.pop(_WATCH, None)
        if self._player is not None and self._player.voice:
            said = script(view.parts(), self._speed)
            if view.times > 1:
                said = twice(said)
            self._player.say(said, self._speed)
            if self._amplifier is not None and not (self._jack is not None and self._jack.plugged):
                self._amplifier.on()
            self._send(
                self._player
            )  # what may follow is the loop's: saving settings needs the stack for itself
        else:
            self._watch()

    def hush(self) -> None:
        """Be silent at once."""
        self._app.due.pop(_FEED, None)
        if self._player is not None:
            self._player.stop()
        if self._amplifier is not None:
            self._amplifier.off()

    def quiet(self) -> None:
        """Be silent, if it speaks, but keep the display in step with the time."""
        if self._speaking():
            self.hush()
            self._watch()

    def _send(self, player) -> bool:
        """Send on what there is room for, and come again; return whether there is still something
        to be heard."""
        if self._jack is not None and self._jack.plugged:
            self._plug_moved(True)  # here too, for interrupts can be lost
        more = player.feed()
        self._app.due[_FEED] = (time.ticks_add(time.ticks_ms(), player.feed_ms), self._go_on)
        return more

    def _go_on(self) -> None:
        """Send the voice on and keep the display in step with what is heard, until all has been
        said."""
        app = self._app
        player = self._player
        if player is not None and self._send(player):
            if app.screen.follow(player.at()):
                app.draw()
            return
        self.hush()
        self._ended()
        if app.screen is not None and not self._speaking():
            self._watch()

    def _plug_moved(self, plugged: bool) -> None:
        """Interrupt handler: whether a plug goes in or out, the loudspeaker falls silent."""
        if self._amplifier is not None:
            self._amplifier.off()

    def _read_jack(self) -> None:
        """Stop when the plug has come out, for its user hears nothing more. When it has gone in,
        the voice goes on."""
        while True:
            change = self._jack.read()
            if change is None:
                return
            if not change[0]:
                self.quiet()

    def _speaking(self) -> bool:
        return self._player is not None and self._player.busy

    def _watch(self) -> None:
        """Look at the view again when time has made something new of it."""
        wait = self._app.screen.watch_ms(time.ticks_ms(), False)
        if wait is not None:
            self._app.due[_WATCH] = (
                time.ticks_add(time.ticks_ms(), max(wait, _WATCH_MS)),
                self._look,
            )

    def _look(self) -> None:
        app = self._app
        if app.screen.ends_now():
            app.draw()
            self.say(app.screen)
        else:
            self._watch()

    def _open_pack(self):
        """Return the language's voice pack, None when it is missing or damaged: then the display
        must do."""
        if self._file is not None:
            self._file.close()
            self._file = None
        try:
            self._file = open(self._app.product["voices"].format(self._language), "rb")  # noqa: SIM115 - stays open
            return Pack(self._file)
        except (OSError, ValueError):
            if "audio" not in self._app.hardware.faults:
                self._app.hardware.faults.append("audio")
            return None

"""The voice of a token: says views, through the loudspeaker or a headset, or has fingers feel them,
and keeps the display in step with that.

Times are milliseconds of time.ticks_ms().
"""

import time

from firmware.speech.pack import Pack
from firmware.speech.player import Player
from firmware.speech.say import code_ms, script, twice

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import AnyPlayer, App, File, VibrationPlayer, View

# Deadlines
_FEED = "feed"  # to send more samples
_WATCH = "watch"  # to look, while nothing is said, whether time has changed the view
_WATCH_MS = 100
_READ = "read"  # where nothing can be said: to take a view as read
_READ_MS = 5_000


class Announcer:
    """Players, amplifier and headset jack. A token without an audio part has a voice that says
    nothing. A vibration motor, where there is one and the user has chosen it, is felt in place of
    the loudspeaker; a headset speaks all the same."""

    def __init__(self, app: "App", ended: "Callable[[], None]"):
        """Speak for this App; call `ended` when a view was said to its end."""
        self._app = app
        self._ended = ended
        hardware = app.hardware
        self._audio = hardware.audio
        self._amplifier = hardware.amplifier
        self._jack = hardware.jack
        self._speech = None if self._audio is None else Player(self._audio, self._other_pack)
        self._felt: VibrationPlayer | None = None  # what is felt in place of the loudspeaker
        self._vibration = 0  # the setting
        self._player: AnyPlayer | None = self._speech  # the one that was used last
        self._file: File | None = None  # the open voice pack
        self._other: tuple = ("", None, None)  # path, file and voice pack of letters or a name
        self._spoken: tuple = ()  # language and voice of the open pack
        self._speed = 1
        self._ticking = False  # whether what sounds is no speech
        self._tones = True
        self.sources: list = []
        if self._audio is not None:
            for part in (hardware.button, hardware.keypad):
                if part is not None:
                    part.on_press = self._audio.mute
        if self._jack is not None:
            self._jack.on_edge = self._plug_moved
            self.sources.append((self._jack, self._read_jack))

    def apply(self, settings: dict) -> None:
        """Apply language, voice, tones, volume and speed."""
        self._speed = settings["speed"]
        if settings["vibration"] != self._vibration:
            self.stop()
            self._vibration = settings["vibration"]
            self._felt = self._motor_player(self._vibration)
        if self._speech is None:
            return
        self._tones = settings["tones"]
        self._speech.gain = self._app.product["gains"][settings["volume"]]
        spoken = settings["language"], settings["voice"]
        if spoken != self._spoken:
            self._spoken = spoken
            self._speech.use(self._open_pack())

    def _motor_player(self, code: int) -> "VibrationPlayer | None":
        """Return what plays on the motor by that setting; None when it is off, or there is none."""
        motor = self._app.hardware.vibration
        if not code or motor is None:
            return None
        from firmware.speech.vibration import VibrationPlayer

        return VibrationPlayer(motor, code)

    def reading_ms(self, digits: int, speed: int) -> int:
        """Return how long a code of that many digits is read for at most."""
        felt = self._felt
        return code_ms(digits, speed) if felt is None else felt.code_ms(digits, speed)

    def _choose(self) -> None:
        """Take the player that is to be used now, and silence the other one."""
        felt = self._felt
        heard = felt is None or (self._jack is not None and self._jack.plugged)
        player = self._speech if heard else felt
        if player is not self._player:
            self.stop()
            self._player = player

    def say(self, view: "View") -> None:
        """Say what is new about a view, instead of what is being said."""
        self._app.cancel(_WATCH)
        self._app.cancel(_READ)
        self._ticking = False
        self._choose()
        if self._player is not None and self._player.voice:
            said = script(view.parts(), self._speed, self._player is self._felt)
            if view.times > 1:
                said = twice(said)
            self._player.say(said, self._speed)
            self._amplify()
            # What comes after the end is left to the loop: saving settings needs the whole stack.
            self._send(self._player)
        else:
            self._watch()
            self._app.after(_READ, _READ_MS, lambda: self._read(view))

    def _read(self, view: "View") -> None:
        """Take a view as read; it may have given way to another one."""
        view.heard()
        if self._app.screen is not None:
            self._watch()

    def tick(self) -> None:
        """Sound briefly: a key was felt, and what it does is still open. Fingers feel it also where
        no tones are wished."""
        self._choose()
        if self._player is self._speech and not self._tones:
            return
        if self._player is not None and self._player.voice:
            self._ticking = True
            self._player.tick()
            self._amplify()
            self._send(self._player)

    def stop(self) -> None:
        """Be silent at once."""
        self._app.cancel(_FEED)
        self._app.cancel(_WATCH)
        self._app.cancel(_READ)
        if self._player is not None:
            self._player.stop()
        if self._amplifier is not None:
            self._amplifier.off()
        if self._other[1] is not None:  # a host may write or delete it
            self._other[1].close()
            self._other = ("", None, None)

    def speaking(self) -> bool:
        """Return True while something sounds."""
        return self._player is not None and self._player.busy

    def silence(self) -> None:
        """Stop if it speaks, and keep the display in step with the time."""
        if self.speaking():
            self.stop()
            self._watch()

    def _send(self, player: "AnyPlayer") -> bool:
        """Send what there is room for, and set the next time; return whether there is still
        something to be heard."""
        if self._jack is not None and self._jack.plugged:
            self._plug_moved(True)  # here too, for interrupts can be lost
        more = player.feed()
        self._app.after(_FEED, player.feed_ms, self._go_on)
        return more

    def _go_on(self) -> None:
        """Send more samples and keep the display in step with what is heard, until all has been
        said."""
        app = self._app
        player = self._player
        if player is not None and self._send(player):
            if not self._ticking and app.screen.follow(player.at()):
                app.draw()
            return
        self.stop()
        if self._ticking:
            if app.screen.ticks:
                self._watch()
            return  # what the key leads to comes
        self._ended()
        if app.screen is not None and not self.speaking():
            self._watch()

    def _amplify(self) -> None:
        if self._player is not self._speech:
            return
        if self._amplifier is not None and not (self._jack is not None and self._jack.plugged):
            self._amplifier.on()

    def _plug_moved(self, plugged: bool) -> None:
        """Switch the loudspeaker off, whether a plug went in or out. Interrupt handler."""
        if self._amplifier is not None:
            self._amplifier.off()

    def _read_jack(self) -> None:
        """Stop when the plug has come out, as its user hears nothing more. When it has gone in, the
        voice goes on."""
        while True:
            change = self._jack.read()
            if change is None:
                return
            if not change[0]:
                self.silence()

    def _watch(self) -> None:
        """Look at the view again when time has changed it."""
        wait = self._app.screen.watch_ms(time.ticks_ms())
        if wait is not None:
            self._app.after(_WATCH, max(wait, _WATCH_MS), self._look)

    def _look(self) -> None:
        app = self._app
        if app.screen.ends_now():
            app.draw()
            self.say(app.screen)
            return
        if app.screen.ticks:
            self.tick()
        if not self.speaking():
            self._watch()

    def _other_pack(self, path: str, beside: Pack) -> Pack:
        """Return the voice pack in that file; OSError or ValueError when it cannot be read."""
        if path != self._other[0]:
            if self._other[1] is not None:
                self._other[1].close()
            self._other = ("", None, None)
            file = open(path, "rb")  # noqa: SIM115 - stays open until the end of what is said
            self._other = ("", file, None)
            self._other = (path, file, Pack(file, beside))
        return self._other[2]

    def _open_pack(self) -> Pack | None:
        """Return the language's voice pack of the chosen voice, else of the first, None when it is
        missing or damaged: then there is only the display."""
        if self._file is not None:
            self._file.close()
            self._file = None
        language, voice = self._spoken
        voices = self._app.product["voices"]
        while True:
            try:
                file = open(voices[voice].format(language), "rb")  # noqa: SIM115 - stays open
                self._file = file
                return Pack(file)
            except (OSError, ValueError):
                if voice == 1:
                    break
                voice = 1
        if "audio" not in self._app.hardware.faults:
            self._app.hardware.faults.append("audio")
        return None

"""What an emulated token says: recognised as text, played as it is, or said by another voice.

The text is recognised from the samples that reach the emulated user, never asked of the firmware.
Times are seconds, samples 16 bits at emulator.sound.RATE.
"""

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import miniaudio
import numpy as np
from numpy.typing import NDArray

from emulator.chips.i2s import KEPT_S
from emulator.sound import RATE, SILENT
from host_tools.errors import KodebrikError
from host_tools.voice import languages as voice_languages
from host_tools.voice import packfile, playback, store
from host_tools.voice.recognition.clips import UNKNOWN, Found, Recogniser, louder
from host_tools.voice.recognition.wording import in_words

if TYPE_CHECKING:
    from emulator.session import Emulator

# Silence (seconds) that ends an utterance: longer than any pause within one.
_UTTERANCE_END = 0.9
_PIECE = RATE // 100  # samples, at the end of each of which an utterance may end

Samples = NDArray[np.int16]


class Speech(NamedTuple):
    """What was said: the language, the clips with their places in the samples, and their words."""

    language: str
    clips: list[Found]
    words: list[str]

    @property
    def known(self) -> bool:
        """Whether there is any clip in it."""
        return any(clip.name != UNKNOWN for clip in self.clips)

    @property
    def text(self) -> str:
        """Give the words as one line."""
        return " ".join(self.words)


class SpeechRecogniser:
    """Recognises what is said in any of several languages, by the clips of their voice packs. It
    takes 40 MB for two of them; any thread may call it."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Load a recogniser for each language; the first is the one in which accounts are
        spelled."""
        letters = packfile.load(store.letters(languages[0]))[1]
        self._recognisers = {
            name: Recogniser(packfile.load(store.pack(name))[1] + letters) for name in languages
        }

    def recognise(self, samples: Samples, before: str | None = None) -> Speech:
        """Give what is said, in the language with the most known clips; where none has any, in that
        which was spoken `before`."""
        found = {
            language: recogniser.found(samples)
            for language, recogniser in self._recognisers.items()
        }

        def known(language: str) -> tuple[int, bool]:
            return sum(clip.name != UNKNOWN for clip in found[language]), language == before

        language = max(found, key=known)
        phrases = voice_languages.load(language).phrases | voice_languages.LETTERS
        words = in_words((clip.name for clip in found[language]), phrases, language)
        return Speech(language, found[language], words)


class UtteranceDetector:
    """Splits a token's sound into utterances and recognises their text.

    `on_samples` gets the sound as it comes, from an utterance's first sample on; `on_utterance`
    gets (text, language, start) when an utterance has ended. Of sounds that are no speech, such as
    the tones of a wait, it gets the first.
    """

    def __init__(
        self,
        emulator: "Emulator",
        recogniser: SpeechRecogniser,
        on_samples: Callable[[Samples], None],
        on_utterance: Callable[[str, str, float], None],
    ) -> None:
        """Start at the token's present time."""
        self._emulator, self._on_samples, self._on_utterance = emulator, on_samples, on_utterance
        self._recogniser = recogniser
        self._last: Speech | None = None
        self._position = emulator.elapsed
        self._utterance: list[Samples] = []
        self._began = 0.0  # the utterance
        self._before = np.zeros(0, np.int16)  # the last piece, in which it may fade in
        self._silent = 0  # samples since the last that was loud

    def update(self) -> None:
        """Take in the token's sound since the last call, of a leap in time what is kept of it."""
        with self._emulator.lock:
            now = self._emulator.elapsed
            start = max(self._position, now - KEPT_S)
            samples = np.array(self._emulator.audio(start, now).samples, np.int16)
        if start > self._position:
            self._end()
        for first in range(0, len(samples), _PIECE):
            self._take(start + first / RATE, samples[first : first + _PIECE])
        self._position = start + len(samples) / RATE

    def _take(self, start: float, samples: Samples) -> None:
        loud = louder(samples, SILENT)
        if loud.size and not self._utterance:
            self._began = start
            self._keep(self._before)
        if self._utterance or loud.size:
            self._keep(samples)
        self._before = samples
        self._silent = len(samples) - int(loud[-1]) if loud.size else self._silent + len(samples)
        if self._silent >= _UTTERANCE_END * RATE:
            self._end()

    def _keep(self, samples: Samples) -> None:
        self._utterance.append(samples)
        self._on_samples(samples)

    def _end(self) -> None:
        """Tell of the utterance, if there is one."""
        if not self._utterance:
            return
        last, spoken = self._last, self._last and self._last.language
        speech = self._recogniser.recognise(np.concatenate(self._utterance), spoken)
        if speech.known or last is None or last.known:
            self._on_utterance(speech.text, speech.language, self._began)
        self._last, self._utterance = speech, []


class TextSpeaker:
    """Has texts spoken one after another, in a thread of its own.

    Only the newest text waits while one is spoken. `error` is the last that `say` raised.
    """

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """`say(text, language)` returns when the text has been spoken."""
        self._say = say
        self._next: queue.Queue[tuple[str, str] | None] = queue.Queue(1)
        self.error: KodebrikError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, text: str, language: str) -> None:
        """Speak this next, in place of a text that still waits."""
        self._replace((text, language))

    def close(self) -> None:
        """End the thread after the text that it speaks."""
        self._replace(None)

    def _replace(self, item: tuple[str, str] | None) -> None:
        with suppress(queue.Empty):
            self._next.get_nowait()
        self._next.put(item)

    def _run(self) -> None:
        while (item := self._next.get()) is not None:
            try:
                self._say(*item)
            except KodebrikError as error:
                self.error = error


class Loudspeaker:
    """This machine's loudspeaker. `works` is False where there is none; samples are then
    dropped."""

    def __init__(self, backends: list[miniaudio.Backend] | None = None) -> None:
        """Open the device; `backends` are those to try, by default every one of the platform."""
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.works = True
        try:
            self._device = playback.opened(backends)
        except miniaudio.MiniaudioError:
            self.works = False
            return
        stream = self._stream()
        next(stream)
        self._device.start(stream)

    def put(self, samples: Samples) -> None:
        """Queue samples to be played."""
        if self.works:
            self._waiting.put(samples.tobytes())

    def close(self) -> None:
        """Close the device."""
        if self.works:
            self._device.close()

    def _stream(self) -> Generator[bytes, int, None]:
        """Give miniaudio as many frames (of 2 bytes) as it asks for, padded with silence."""
        frames = yield b""
        left = b""
        while True:
            with suppress(queue.Empty):
                while len(left) < 2 * frames:
                    left += self._waiting.get_nowait()
            piece, left = left[: 2 * frames], left[2 * frames :]
            frames = yield piece + bytes(2 * frames - len(piece))

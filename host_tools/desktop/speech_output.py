"""What an emulated token says: as words, as its own sound on this machine, or by the system's voice
instead.

The words are recognised from the samples that reach the emulated user, never asked of the firmware.
Times are seconds.
"""

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import miniaudio
import numpy as np
from numpy.typing import NDArray

from emulator.sound import RATE, SILENT
from host_tools.errors import KodebrikError
from host_tools.voice import languages as spoken
from host_tools.voice import packfile, store
from host_tools.voice.recognition.clips import UNKNOWN, Recogniser

if TYPE_CHECKING:
    from emulator.session import Emulator

# of silence after which nothing more belongs to what was said: longer than any pause within
_OVER = 0.9

Samples = NDArray[np.int16]


class Ears:
    """Listens to a token. `play` gets its samples as they come, `said` each thing it has said:
    (text, language)."""

    def __init__(
        self,
        emulator: "Emulator",
        languages: Sequence[str],
        play: Callable[[Samples], None],
        said: Callable[[str, str], None],
    ) -> None:
        """Listen from now on."""
        self._emulator, self._play, self._said = emulator, play, said
        self._recognisers = {
            name: Recogniser(packfile.load(store.pack(name))[1]) for name in languages
        }
        self._at = emulator.elapsed
        self._heard: list[Samples] = []  # from the first sound on
        self._silent = 0  # samples since the last one

    def listen(self) -> None:
        """Take in what has come since the last call."""
        with self._emulator.lock:
            now = self._emulator.elapsed
            samples = np.array(self._emulator.audio(self._at, now).samples, np.int16)
        self._at += len(samples) / RATE
        loud = np.flatnonzero(np.abs(samples.astype(int)) > SILENT)
        if self._heard or loud.size:
            self._heard.append(samples)
            self._play(samples)
        self._silent = len(samples) - int(loud[-1]) if loud.size else self._silent + len(samples)
        if self._heard and self._silent >= _OVER * RATE:
            self._said(*self._understood(np.concatenate(self._heard)))
            self._heard = []

    def _understood(self, samples: Samples) -> tuple[str, str]:
        """What was said, and the language in which the most of it makes sense."""
        names = {
            language: recogniser.names(samples)
            for language, recogniser in self._recognisers.items()
        }
        language = max(names, key=lambda each: sum(name != UNKNOWN for name in names[each]))
        phrases = spoken.load(language).phrases
        return " ".join(phrases.get(name, "...") for name in names[language]), language


class Reader:
    """Has texts said one after another, in a thread of its own; of those that wait, only the
    newest."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """`say` says a text in a language, to its end."""
        self._say = say
        self._next: queue.Queue[tuple[str, str] | None] = queue.Queue(1)
        self.trouble: KodebrikError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, text: str, language: str) -> None:
        """Have this said next."""
        self._replace((text, language))

    def close(self) -> None:
        """Say no more."""
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
                self.trouble = error


class Loudspeaker:
    """This machine's. `works` is False where there is none; samples are then lost."""

    def __init__(self, backends: list[miniaudio.Backend] | None = None) -> None:
        """Open it."""
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.works = True
        try:
            self._device = miniaudio.PlaybackDevice(
                miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE, backends=backends
            )
        except miniaudio.MiniaudioError:
            self.works = False
            return
        stream = self._stream()
        next(stream)
        self._device.start(stream)

    def put(self, samples: Samples) -> None:
        """Play these after what waits."""
        if self.works:
            self._waiting.put(samples.tobytes())

    def close(self) -> None:
        """Close it."""
        if self.works:
            self._device.close()

    def _stream(self) -> Generator[bytes, int, None]:
        """Give miniaudio as many frames as it asks for, silence where there are none."""
        frames = yield b""
        left = b""
        while True:
            with suppress(queue.Empty):
                while len(left) < 2 * frames:
                    left += self._waiting.get_nowait()
            piece, left = left[: 2 * frames], left[2 * frames :]
            frames = yield piece + bytes(2 * frames - len(piece))

"""One emulated token at a desk: it keeps step with real time in a thread of its own, and whoever
acts on it waits until its firmware waits and what it drew is complete."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.errors import (
    EmulatorError,
    FirmwareCrashError,
    NoSnapshotError,
    OtherSnapshotError,
    OtherVersionError,
    StateValueError,
    TracedAlreadyError,
)
from emulator.saved_state import VERSION
from emulator.scenario.recorder import Recorder
from emulator.snapshot import Snapshot
from host_tools.desk.broadcast import Broadcast, Event, Subscription
from host_tools.desk.log_keeper import LogKeeper
from host_tools.desk.observer import Observer, packed
from host_tools.desk.reader import Reader
from host_tools.desk.replay import Replay, steps_of
from host_tools.desktop.token_folder import emulator_errors
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.session import Emulator
    from emulator.trace import Trace

# Seconds: of a hand that trembles, how long it strikes a key, and the time between two presses.
_STRUCK, _STRUCK_AGAIN = 0.1, 0.33
_KEPT = 20  # snapshots; the oldest goes first


@dataclass(frozen=True)
class Kept:
    """A snapshot with its number, its name and the true time at which it was taken."""

    number: int
    name: str
    time: float
    snapshot: Snapshot


@dataclass(frozen=True)
class Recording:
    """A scenario that was recorded, and the token as it was when that began."""

    began: Snapshot
    text: str


class DeskToken:
    """A token that anybody at the desk sees and uses. A context manager, in which time passes."""

    def __init__(self, emulator: "Emulator", links: dict[str, str]) -> None:
        """`links` are the addresses of its serial port, by kind. The caller closes the emulator."""
        self.emulator, self.product = emulator, emulator.product
        speaks = "audio" in self.product["parts"]
        self.broadcast = Broadcast()
        self.log = LogKeeper(self.broadcast)
        self.observer = Observer(emulator, self.broadcast)
        self.observer.links = links
        self.reader = Reader(
            emulator, self.product["image_languages"] if speaks else (), self.broadcast
        )
        self.recorder = Recorder(emulator)
        self.replay = Replay(self)
        self.observer.played_at = lambda: self.replay.rate
        self._recorded: Recording | None = None
        self._recording_from: Snapshot | None = None  # while one is recorded
        self._snapshots: dict[int, Kept] = {}
        self._taken = 0
        self._trace: Trace | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="desk-token")

    def __enter__(self) -> "DeskToken":
        """Let time pass."""
        self.log.attach()
        self.reader.start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End the threads, and what anybody listens to."""
        self._over.set()
        self.replay.stop()
        self.emulator.wake()
        self._thread.join()
        self.reader.close()
        self.broadcast.close()
        self.log.detach()

    @contextmanager
    def acting(self) -> Iterator["Emulator"]:
        """Give the emulator to act on, and publish what came of it before anybody else acts.

        KodebrikError when the firmware has failed, as `emulator_errors` has it: what has crashed
        leads to its prompt, what has failed for good is off.
        """
        try:
            with emulator_errors(), self.emulator.lock:
                try:
                    yield self.emulator
                except EmulatorError as error:
                    self._failed(error)
                    raise
                finally:
                    self.observer.look(acted=True)
        finally:
            self.emulator.wake()

    def subscribe(self, loop: asyncio.AbstractEventLoop) -> tuple[Subscription, list[Event]]:
        """Give the events from now on, and those that say how everything is now."""
        with self.emulator.lock:
            subscription = self.broadcast.subscribe(loop)
            first = [
                Event("state", self.observer.state()),
                Event("screen", packed(self.emulator.screen())),
                Event("text", self.reader.text),
                *(Event("caption", caption) for caption in list(self.reader.captions)),
                *(Event("log", line) for line in self.log.lines),
                Event("snapshots", self.snapshot_list()),
            ]
        return subscription, first

    def check_part(self, part: str) -> None:
        """Check that the token has a part, by its name in the product; KodebrikError."""
        if part not in self.emulator.board.parts:
            raise KodebrikError(
                "desk-part-absent", ExitCode.CONFLICT, product=self.product["title"], part=part
            )

    def key_up(self, key: str) -> None:
        """Let a key go; a hand that trembles then strikes it again. The caller acts."""
        self.recorder.key_up(key)
        if self.observer.trembles:
            self.emulator.wait(_STRUCK_AGAIN - _STRUCK)
            self.recorder.key_down(key)
            self.emulator.wait(_STRUCK)
            self.recorder.key_up(key)

    def record(self) -> None:
        """Begin a recording, with the token off and unplugged; it replaces the one before.
        KodebrikError while a scenario is played, which none would be a recording of."""
        with self.acting() as emulator:
            self.replay.check_idle()
            self._recorded, self._recording_from = None, emulator.snapshot()
            emulator.restore(self._recording_from)
            self.recorder = Recorder(emulator)
            self._tell_recording()

    def stop_recording(self) -> None:
        """End a recording, if one is made, and keep it."""
        with self.acting():
            if self._recording_from is not None:
                self._recorded = Recording(self._recording_from, self.recorder.text())
                self._recording_from = None
                self._tell_recording()

    def scenario(self) -> str:
        """Give what was recorded, or is; where nothing was, what was done since the token came, was
        another one, or a scenario was played."""
        return self.recorder.text() if self._recorded is None else self._recorded.text

    def play(self, text: str | None, rate: float) -> None:
        """Play a scenario, None: what was recorded, with the token as it was then; a recording
        ends. KodebrikError as Replay.play, and when nothing was recorded."""
        self.replay.check_idle()
        self.stop_recording()
        began = None
        if text is None:
            if self._recorded is None:
                raise KodebrikError("desk-nothing-recorded", ExitCode.CONFLICT)
            text, began = self._recorded.text, self._recorded.began
        try:
            self.replay.play(steps_of(text), rate, began)
        finally:
            self.recorder = Recorder(self.emulator)

    def snapshots(self) -> list[Kept]:
        """List the snapshots, the oldest first."""
        return list(self._snapshots.values())

    def take_snapshot(self, name: str | None) -> Kept:
        """Keep what the token keeps without power; None: its number is its name."""
        with self.acting() as emulator:
            return self._keep(emulator.now, emulator.snapshot(), name)

    def restore(self, number: int) -> None:
        """Have the token as it was at a snapshot: off and unplugged. KodebrikError."""
        with self.acting() as emulator:
            emulator.restore(self._snapshot(number).snapshot)
            self._is_another(emulator)

    def load(self, file: bytes, name: str | None) -> None:
        """Have the token that a snapshot's file holds, off and unplugged, at its time; what the
        token was before is kept as a snapshot `name`, None: called by its number. KodebrikError,
        and nothing has changed, for a file that is none or of another kind of token."""
        with self.acting() as emulator:
            now, before = emulator.now, emulator.snapshot()
            try:
                emulator.restore(Snapshot.of_archive(file), and_time=True)
            except NoSnapshotError:
                raise KodebrikError("desk-no-state", ExitCode.BAD_INPUT) from None
            except StateValueError as error:
                raise KodebrikError(
                    "desk-state-value", ExitCode.BAD_INPUT, name=error.name
                ) from None
            except OtherVersionError as error:
                raise KodebrikError(
                    "desk-state-version",
                    ExitCode.BAD_INPUT,
                    version=error.version,
                    expected=VERSION,
                ) from None
            except OtherSnapshotError as error:
                raise KodebrikError(
                    "desk-state-other",
                    ExitCode.CONFLICT,
                    product=error.product,
                    board=error.board,
                ) from None
            self._keep(now, before, name)
            self._is_another(emulator)

    def drop_snapshot(self, number: int) -> None:
        """Forget a snapshot; KodebrikError when it is not there."""
        with self.acting():
            self._snapshot(number)
            del self._snapshots[number]
            self._tell_snapshots()

    def snapshot_list(self) -> list[dict[str, Any]]:
        """Give the snapshots without what they hold."""
        return [
            {"number": kept.number, "name": kept.name, "time": kept.time}
            for kept in self.snapshots()
        ]

    def start_trace(self) -> "Trace":
        """Begin a trace in place of the one before. KodebrikError when the token is traced."""
        with self.acting() as emulator:
            try:
                self._trace = emulator.trace()
            except TracedAlreadyError:
                raise KodebrikError("desk-traced-already", ExitCode.CONFLICT) from None
            self.observer.tracing = self.observer.traced = True
            return self._trace

    def stop_trace(self) -> "Trace":
        """End the trace that was begun last, and give it. KodebrikError when none was."""
        with self.acting():
            self.trace.stop()
            self.observer.tracing = False
            return self.trace

    @property
    def trace(self) -> "Trace":
        """The trace that was begun last. KodebrikError when none was."""
        if self._trace is None:
            raise KodebrikError("desk-no-trace", ExitCode.NOT_FOUND)
        return self._trace

    def _keep(self, time: float, snapshot: Snapshot, name: str | None) -> Kept:
        """Keep a snapshot that was taken at the true time `time`; the caller acts."""
        self._taken += 1
        kept = Kept(self._taken, name or str(self._taken), time, snapshot)
        self._snapshots[kept.number] = kept
        while len(self._snapshots) > _KEPT:
            del self._snapshots[next(iter(self._snapshots))]
        self._tell_snapshots()
        return kept

    def _is_another(self, emulator: "Emulator") -> None:
        """End what is played or recorded: none leads to the token as it is now. The caller acts."""
        self.replay.stop()
        self.stop_recording()
        self.recorder = Recorder(emulator)

    def _tell_recording(self) -> None:
        self.observer.recording = self._recording_from is not None
        self.observer.recorded = self._recorded is not None

    def _tell_snapshots(self) -> None:
        self.broadcast.publish("snapshots", self.snapshot_list())

    def _snapshot(self, number: int) -> Kept:
        if number not in self._snapshots:
            raise KodebrikError("desk-no-snapshot", ExitCode.NOT_FOUND, number=number)
        return self._snapshots[number]

    def _serve(self) -> None:
        """Let time pass until the end."""
        while not self._over.is_set():
            try:
                self.emulator.serve(self._looked_at)
            except EmulatorError as error:
                if not self._over.is_set():  # else serve() repeats a crash that it has logged
                    self._failed(error)

    def _failed(self, error: EmulatorError) -> None:
        """Log an error of the emulated token, and switch one off that cannot go on."""
        with self.emulator.lock:
            self.log.failed(error)
            if not isinstance(error, FirmwareCrashError):
                self.emulator.cut_power()

    def _looked_at(self) -> bool:
        """Publish what is new, and say whether it is the end."""
        if not self._over.is_set():
            with self.emulator.lock:
                self.observer.look()
        return self._over.is_set()

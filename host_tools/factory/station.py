"""A station: a worker at each port or drive, which makes a token of whatever is plugged in there.

A worker never gives up: what went wrong with one token is told, and the next one is awaited. Times
are seconds, and Unix seconds in the inventory.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import bare_board, presence
from host_tools.factory.events import ENDS, Event, Step
from host_tools.factory.personalise import Personalisation, check_fits, personalise
from host_tools.flashing import arrival, board_port, drives
from host_tools.flashing.drives import Drive
from host_tools.flashing.image_file import ImageFile
from host_tools.flashing.serial_files import WITHOUT_SECRETS
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.transport import SerialTransport
from host_tools.provisioning import batches
from host_tools.provisioning.batches import DONE, Job
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_records import FLASHED

_LOOK = 0.2  # between looks at a port
_AGAIN = 1.0  # after something that may pass by itself
_ASK_AGAIN = 5.0  # between hellos at a port that cannot be looked at
# What may pass by itself and is no fault of the token: it is pulled, still starts, another program
# has the port, the operator has mistyped the number that it shows, or what reads its code fails.
_PASSING = (
    ExitCode.UNPLUGGED,
    ExitCode.SILENT,
    ExitCode.NO_PORT,
    ExitCode.GARBAGE,
    ExitCode.BUSY,
    ExitCode.FILE,
    ExitCode.DATABASE,
    ExitCode.NOT_CONFIRMED,
    ExitCode.NOT_READY,
)
_NOBODY_ANSWERS = "answer-missing-option"  # the error of a question without an operator


class _Restarted:
    """The boards whose drives were filled, until a worker at a port has heard of their tokens.
    Which token is which board's, nobody can tell: each counts for the one that waits longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited: list[threading.Event] = []

    def await_token(self, stop: threading.Event) -> bool:
        """Wait until a token has come, or `stop` is set; False when none does in time."""
        come, deadline = threading.Event(), time.monotonic() + arrival.TIMEOUT
        with self._lock:
            self._awaited.append(come)
        while not come.wait(_LOOK) and not stop.is_set():
            if time.monotonic() > deadline:
                with self._lock:
                    if not come.is_set():
                        self._awaited.remove(come)
                        return False
        return True

    def heard(self) -> None:
        """A token with the firmware that is flashed has answered, that had not before."""
        with self._lock:
            if self._awaited:
                self._awaited.pop(0).set()


@dataclass(frozen=True)
class Station:
    """What the workers of one computer share. `opened` opens an inventory for one thread, `record`
    writes label and passport of a report, `tell` takes events, `may_erase` says whether what
    boards in BOOTSEL mode hold may go (all three from any thread)."""

    name: str
    plan: Personalisation
    opened: Callable[[], Inventory]
    image: ImageFile | None
    record: Callable[[Inventory, Job], object]
    tell: Callable[[Event], None]
    may_erase: Callable[[], bool]
    stop: threading.Event = field(default_factory=threading.Event)
    restarted: _Restarted = field(default_factory=_Restarted)
    faults: list[Exception] = field(default_factory=list)  # defects that have ended a worker
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _untold: set[str] = field(default_factory=set)  # tokens that are done, before anybody was told

    def work(self, find: presence.Find) -> None:
        """Have a worker at every port that `find` lists and, where there is a file to flash, at
        every drive that is mounted, now and later, until `stop` is set; also by what keeps it from
        looking for them, which is then among the faults."""
        try:
            self._work(find)
        except Exception as fault:
            self.faults.append(fault)
            self.stop.set()

    def _work(self, find: presence.Find) -> None:
        threads: dict[str, threading.Thread] = {}
        while not self.stop.is_set():
            mounted = presence.found_drives() if self.image is not None else []
            for port in [*find(), *mounted]:
                if port not in threads:
                    # What it asks, it asks in the language of the command.
                    run = contextvars.copy_context().run
                    threads[port] = threading.Thread(
                        target=run, args=(_Worker(self, port).run,), name=port, daemon=True
                    )
                    threads[port].start()
            self.stop.wait(_LOOK)
        for thread in threads.values():
            thread.join()

    def finish(self, inventory: Inventory, job: Job, report: dict[str, Any]) -> None:
        """Let a token be done."""
        with self._lock:
            batches.finish(inventory, job, report, time.time())
            self._untold.add(job.serial or "")

    def count(self, inventory: Inventory, event: Event) -> int:
        """Give how many tokens of the batch are done as far as events have told, with this one: so
        each token that is done has a count of its own."""
        with self._lock:
            if event.step in ENDS and event.serial is not None:
                self._untold.discard(event.serial)
            return batches.counts(inventory, self.plan.batch.name)[DONE] - len(self._untold)

    def is_complete(self, inventory: Inventory) -> bool:
        """Say whether every token of the batch is done, or the rest given up."""
        return not batches.to_do(inventory, self.plan.batch.name)


class _Worker:
    """Works at one port."""

    def __init__(self, station: Station, port: str) -> None:
        self._station, self._port = station, port
        self._serial: str | None = None  # of the token at hand
        self._told_away = True
        self._told: Event | None = None

    def run(self) -> None:
        """Work until the station stops. A defect ends the whole station, and so does a question
        that nobody is there to answer; whoever runs it finds it among its faults."""
        try:
            self._run()
        except Exception as fault:
            self._station.faults.append(fault)
            self._station.stop.set()

    def _run(self) -> None:
        stop = self._station.stop
        with self._station.opened() as inventory:
            while not stop.is_set():
                there = presence.of(self._port)
                if there is None:
                    self._be_away()
                    stop.wait(_LOOK)
                elif self._is_over(inventory):
                    self._await_another(there)
                else:
                    stop.wait(_AGAIN)

    def _be_away(self) -> None:
        if not self._told_away:
            self._tell(Step.AWAY)
        self._told_away, self._serial = True, None

    def _await_another(self, there: presence.Identity) -> None:
        """Leave a token alone that is done with, until another one may be there."""
        stop = self._station.stop
        if not presence.is_file(self._port):
            stop.wait(_ASK_AGAIN)
            return
        while presence.of(self._port) == there:
            if stop.wait(_LOOK):
                return
        self._be_away()

    def _is_over(self, inventory: Inventory) -> bool:
        """Work on the token; say whether it is done with, also as one to put aside."""
        self._told_away = False
        if (drive := drives.at(Path(self._port))) is not None:
            self._fill(drive)
            return True
        try:
            self._make(inventory)
        except KodebrikError as error:
            if error.identifier == _NOBODY_ANSWERS:
                raise
            image = self._station.image
            if image is not None and board_port.may_be_bare(error, image):
                return self._flashed(inventory, image)
            return self._is_aside(error)
        return True

    def _is_aside(self, error: KodebrikError) -> bool:
        """Tell what has gone wrong; say whether the token or board is one to put aside."""
        passing = error.exit_code in _PASSING
        self._tell(Step.INTERRUPTED if passing else Step.FAILED, error)
        return not passing

    def _flashed(self, inventory: Inventory, image: ImageFile) -> bool:
        """Put the firmware on a bare board; False: there is a token now."""
        try:
            found = bare_board.find(self._port, image)
            self._tell(Step.FLASHING)
            bare_board.flash(self._port, image, found, inventory)
        except KodebrikError as error:
            return self._is_aside(error)
        return False

    def _fill(self, drive: Drive) -> None:
        """Put the firmware on a drive, which goes away when it has all of it, and await the token
        that comes of it."""
        try:
            image = self._station.image
            if image is None:
                raise KodebrikError("batch-drive-no-image", ExitCode.USAGE, path=drive.path)
            self._tell(Step.OPENING)
            bare_board.check_drive(drive, image, self._station.may_erase)
            self._tell(Step.FLASHING)
            bare_board.fill(drive, image)
            if not self._station.restarted.await_token(self._station.stop):
                raise arrival.no_hello(drive.path)
        except KodebrikError as error:
            passing = error.exit_code in (ExitCode.UNPLUGGED, ExitCode.NOT_CONFIRMED)
            self._tell(Step.INTERRUPTED if passing else Step.FAILED, error)
        else:
            self._tell(Step.AWAY)
            self._told_away = True

    def _make(self, inventory: Inventory) -> None:
        station = self._station
        with closing(SerialTransport(self._port)) as transport:
            channel = Channel(transport, self._port)
            hello = channel.hello()
            known, self._serial = self._serial, hello.serial
            image = station.image
            if known != hello.serial and image is not None and arrival.is_of(hello, image):
                station.restarted.heard()
            check_fits(hello, station.plan.batch)
            job = batches.take(
                inventory,
                station.plan.batch.name,
                hello.serial,
                station.name,
                time.time(),
                emptied=hello.state in WITHOUT_SECRETS,
            )
            if job.state == DONE:
                station.record(
                    inventory, job
                )  # unless it is there: the work may have ended before it
                if known != hello.serial:
                    self._tell(Step.ALREADY)
                return
            with self._held(inventory, job):
                report = self._report(inventory, job, channel, hello)
                station.finish(inventory, job, report)
        done = batches.of_token(inventory, hello.serial)
        assert done is not None  # noqa: S101 - it was finished above
        self._tell(Step.RECORDING)
        station.record(inventory, done)
        self._tell(Step.DONE)

    @contextmanager
    def _held(self, inventory: Inventory, job: Job) -> Iterator[None]:
        """Let the job go when the work is broken off; open it for another token when this one
        failed a test, or has got no secret yet (as one of another issuer never will)."""
        try:
            yield
        except KodebrikError as error:
            failed = error.exit_code == ExitCode.CHECK_FAILED
            entry = inventory.find(job.serial or "")
            if failed or entry is None or entry.state == FLASHED:
                batches.give_back(inventory, job, time.time(), failed=failed)
            else:
                batches.let_go(inventory, job)
            raise

    def _report(
        self, inventory: Inventory, job: Job, channel: Channel, hello: Hello
    ) -> dict[str, Any]:
        def begin(step: Step) -> None:
            batches.renew(inventory, job, time.time())
            self._tell(step)

        plan, image = self._station.plan, self._station.image
        report, manifest = personalise(
            channel, hello, self._port, plan=plan, inventory=inventory, begin=begin
        )
        if image is not None:
            bare_board.note_image(image, hello, manifest, inventory)
        entry = inventory.entry(hello.serial)
        return report | {
            "firmware_hash": entry.firmware_hash,
            "batch": job.batch,
            "number": job.number,
            "station": self._station.name,
        }

    def _tell(self, step: Step, error: KodebrikError | None = None) -> None:
        """Tell what is new: what is tried again and again in vain is told once."""
        event, last = Event(self._port, step, self._serial, error), self._told
        if step is Step.INTERRUPTED and last is not None and _is_same(event, last):
            return
        self._told = event
        self._station.tell(event)


def _is_same(event: Event, other: Event) -> bool:
    """Say whether somebody who is shown both events reads the same twice."""
    shown = [(each.step, each.serial, str(each.error)) for each in (event, other)]
    return shown[0] == shown[1]

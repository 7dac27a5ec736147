"""kodebrik batch run: make tokens of whatever is plugged in, until the batch is complete."""

import contextvars
import getpass
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from host_tools import child_programs
from host_tools.cli.commands.batch import display as displays
from host_tools.cli.commands.batch.operator_terminal import OperatorTerminal
from host_tools.cli.commands.batch.options import BatchName, PassportKey, signing_key
from host_tools.cli.commands.batch.prompts import Prompts
from host_tools.cli.commands.flash.image import read_file
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import (
    InventoryFile,
    Operator,
    inventory_place,
    opened_inventory,
)
from host_tools.cli.options.keyring import AccessKeyFile, IssuerKeyOptions, Keyring
from host_tools.cli.options.spoken_name import SpokenNameOptions
from host_tools.cli.output import Json, Plain, emit, say
from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory.events import QUIET
from host_tools.link.spoken_names import Wish
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, issuer_key_file
from host_tools.provisioning.inventory import Inventory

if TYPE_CHECKING:
    from host_tools.factory.events import Event
    from host_tools.factory.station import Station

_LOOK = 0.2  # seconds between looks at what other stations have done
_AUTO = "auto"


@dataclass(frozen=True)
class BatchRunOptions:
    """The options of a station: who and where it is, and how it asks."""

    station: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="This station's name. Default: the computer's."),
    ] = None
    operator: Operator = None
    erase_secrets: Annotated[
        bool,
        typer.Option(
            "--erase-secrets",
            help="Flash boards in BOOTSEL mode without asking, once, whether secrets on them are "
            "still needed. Tokens at ports keep theirs.",
        ),
    ] = False
    trust_cable: Annotated[
        bool,
        typer.Option(
            "--trust-cable",
            help="Do not compare the number that a token shows: its cable ends at this computer.",
        ),
    ] = False
    code_reader: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="A program that presses and reads a token: called with port and serial number, "
            "it prints the code.",
        ),
    ] = None
    unseen_codes: Annotated[
        bool,
        typer.Option(
            "--unseen-codes",
            help="Do not ask for the code that a production build shows; passports say so.",
        ),
    ] = False


@option_groups
def run(
    *,
    batch: BatchName = None,
    ports: Annotated[
        list[str] | None,
        typer.Option(
            metavar="auto|PORT|DRIVE",
            help="Ports, folders of drives, or those that may be a token's. Default: auto.",
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Flash bare boards with this file of 'kodebrik flash image'."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where labels and passports go. Default: named as the batch."
        ),
    ] = None,
    speak: Annotated[
        bool, typer.Option("--speak", help="Say aloud what to do next, in this language.")
    ] = False,
    idle: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="End when no token has been worked on for so long."),
    ] = None,
    options: BatchRunOptions,
    spoken: SpokenNameOptions,
    passport_key: PassportKey = None,
    inventory_file: InventoryFile = None,
    issuer: IssuerKeyOptions,
    transport_key_file: AccessKeyFile = None,
    plain: Plain = False,
    as_json: Json = False,
) -> None:
    """Make a token of each board that is plugged in, side by side, until the batch is complete.

    Flash, self-test, issuer key, secret, clock, one code, label and passport. It may be stopped and
    tokens may be pulled at any time: run it again, and they are gone on with.
    """
    from host_tools.flashing import image_file  # noqa: PLC0415 - slow to load

    file = None if image is None else image_file.read(read_file(image))
    wish = spoken.wish()
    reader, find = _reader(options), _finder(_named(ports))
    display, prompts = displays.make(as_json), Prompts(speak)
    events: queue.Queue[Event] = queue.Queue()
    if output is not None and output.exists() and not output.is_dir():
        raise KodebrikError("folder-unwritable", ExitCode.FILE, path=output)
    with opened_inventory(inventory_file) as inventory:
        chosen = batches.find(inventory, batch)
        batches.check_not_closed(inventory, chosen.name)
        if file is not None and file.product != chosen.product:
            raise KodebrikError(
                "batch-image-other-product",
                ExitCode.CONFLICT,
                path=str(image),
                product=file.product,
                wanted=chosen.product,
            )
        keyring = Keyring(issuer.key_file, transport_key_file, issuer.passphrase_file)
        issuer_key = keyring.issuer_key()
        if issuer_key_file.fingerprint(issuer_key) != chosen.issuer:
            raise KodebrikError(
                "batch-other-issuer", ExitCode.WRONG_KEY, batch=chosen.name, issuer=chosen.issuer
            )
        operator = OperatorTerminal(
            display, prompts, erase_secrets=options.erase_secrets, as_json=as_json
        )
        plan = _plan(chosen, issuer_key, keyring, (options, wish, reader), operator)
        station = _station(
            plan,
            options,
            lambda: Inventory(inventory_place(inventory_file), lambda line: None),
            file,
            (output or Path(chosen.name), passport_key),
            (events.put, operator),
        )
        for job in batches.each(inventory, chosen.name, batches.DONE):
            station.record(inventory, job)  # what a killed station has left out
        before = batches.counts(inventory, chosen.name)[batches.DONE]
        began = time.monotonic()
        with prompts.running(), display, child_programs.ending():
            prompts.say(Message("batch-speak.next"))
            work = contextvars.copy_context().run
            worker = threading.Thread(target=work, args=(station.work, find), daemon=True)
            worker.start()
            with _giving_back(station, inventory):
                _show(station, inventory, events, operator, worker, idle)
            station.stop.set()
            worker.join()
            if station.faults:
                raise station.faults[0]
        done = batches.counts(inventory, chosen.name)[batches.DONE]
        left = batches.to_do(inventory, chosen.name)
    made, seconds = done - before, time.monotonic() - began
    rate = 60 * made / seconds
    folder = str(output or chosen.name)
    result = {
        "batch": chosen.name,
        "done": done,
        "size": chosen.size,
        "made": made,
        "seconds": round(seconds, 1),
        "tokens_a_minute": round(rate, 1),
        "folder": folder,
    }
    lines = [
        Message("batch-run.ended", done=done, count=chosen.size),
        *([Message("batch-run.records", path=folder)] if done else []),
        *([Message("batch-run.rate", count=made, seconds=seconds, rate=rate)] if made else []),
    ]
    if done + left < chosen.size:
        lines.append(Message("batch.given-up", count=chosen.size - done - left))
    if left and operator.has_stopped:
        lines.append(Message("batch-run.left", count=left))
    elif left:
        for line in lines:
            say(line)
        raise KodebrikError("batch-idle", ExitCode.NO_PORT, count=left)
    emit(as_json, result, lines)


@contextmanager
def _giving_back(station: "Station", inventory: Inventory) -> Iterator[None]:
    """Let other stations go on with the tokens at work when the block is broken off, as by Ctrl-C,
    which ends the workers where they are."""
    try:
        yield
    except BaseException:
        station.stop.set()
        batches.let_all_go(inventory, station.plan.batch.name, station.name)
        raise


def _show(
    station: "Station",
    inventory: Inventory,
    events: "queue.Queue[Event]",
    operator: OperatorTerminal,
    worker: threading.Thread,
    idle: float | None,
) -> None:
    """Tell the operator of events until the batch is complete, the station has stopped, or nobody
    has worked at a port for `idle` seconds, also to be broken off; one that is tried again and
    again in vain is idle."""
    batch = station.plan.batch
    last, busy = time.monotonic(), set[str]()
    while True:
        operator.listen()
        try:
            event = events.get(timeout=_LOOK)
        except queue.Empty:
            if not worker.is_alive() or station.is_complete(inventory):
                return
            if idle is not None and not busy and time.monotonic() - last > idle:
                return
            continue
        worked = event.port in busy
        (busy.discard if event.step in QUIET else busy.add)(event.port)
        operator.tell(event, station.count(inventory, event), batch.size)
        if worked or event.error is None:
            last = time.monotonic()


def _plan(
    batch: batches.Batch,
    issuer_key: Any,
    keyring: Keyring,
    how: tuple[BatchRunOptions, Wish, list[str] | None],
    operator: OperatorTerminal,
) -> Any:
    from host_tools.factory.code_check import CodeCheck  # noqa: PLC0415 - slow to load
    from host_tools.factory.personalise import Personalisation  # noqa: PLC0415 - as above

    options, wish, reader = how
    trusted = nullcontext[Callable[[str], bool]](lambda _number: True)
    return Personalisation(
        batch,
        issuer_key,
        options.operator or getpass.getuser(),
        (lambda _port, _hello: trusted) if options.trust_cable else operator.comparing,
        keyring.access_key("") if keyring.has_access_key else None,
        CodeCheck(reader, None if options.unseen_codes else operator.read_code),
        wish,
    )


def _reader(options: BatchRunOptions) -> list[str] | None:
    """Give the command that reads codes, if one is named."""
    from host_tools.factory import code_check  # noqa: PLC0415 - slow to load

    return None if options.code_reader is None else code_check.reader_command(options.code_reader)


def _station(
    plan: Any,
    options: BatchRunOptions,
    opened: Callable[[], Inventory],
    image: Any,
    records: tuple[Path, Path | None],
    talk: "tuple[Callable[[Event], None], OperatorTerminal]",
) -> "Station":
    from host_tools.extras import from_extra  # noqa: PLC0415

    with from_extra("not-installed-factory"):
        from host_tools.factory.records import Records  # noqa: PLC0415 - an extra
    from host_tools.factory.station import Station  # noqa: PLC0415 - as above

    name = options.station or socket.gethostname()
    folder, passport_key = records
    record = Records(folder, signing_key(passport_key)).write
    tell, operator = talk
    return Station(name, plan, opened, image, record, tell, operator.may_erase, stop=operator.stop)


def _named(ports: list[str] | None) -> list[str]:
    """Give what --ports names: each port and drive once, and perhaps _AUTO; KodebrikError when it
    names nothing."""
    words = (port.strip() for each in ports or (_AUTO,) for port in each.split(","))
    named = list(dict.fromkeys(filter(None, words)))
    if not named:
        raise KodebrikError("batch-ports-empty", ExitCode.USAGE)
    return named


def _finder(named: list[str]) -> Callable[[], list[str]]:
    """Give what lists the ports to work at. Those at which there is nothing yet are told at once:
    one may be mistyped."""
    from host_tools.factory import presence  # noqa: PLC0415 - as above

    others = [port for port in named if port != _AUTO]
    for port in others:
        if presence.of(port) is None:
            say(Message("batch-run.absent", port=port))
    if _AUTO not in named:
        return lambda: named
    return lambda: [*others, *(port for port in presence.found_ports() if port not in others)]

"""kodebrik flash write: put the file on a board, and wait until the token answers."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from host_tools.cli.commands.flash import erasure
from host_tools.cli.commands.flash.image import read_file
from host_tools.cli.options.inventory import InventoryFile, read_inventory
from host_tools.cli.options.token import PORT_VARIABLE, the_port
from host_tools.cli.output import Json, emit, say, step
from host_tools.cli.progress import reporting, reporting_each
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import ports
from host_tools.messages.catalogue import Message, listed
from host_tools.provisioning import batches
from host_tools.provisioning.inventory import Inventory

if TYPE_CHECKING:
    from host_tools.flashing.drives import Drive
    from host_tools.flashing.image_file import ImageFile
    from host_tools.flashing.many import Outcome
    from host_tools.link.replies import Hello


def write(
    image: Annotated[
        Path, typer.Option(metavar="FILE", help="The file that 'kodebrik flash image' has made.")
    ],
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PORT|DRIVE]...",
            help="The boards' serial ports, or the folders of their drives, also of emulated ones. "
            "Default: the only board.",
        ),
    ] = None,
    awaited: Annotated[
        list[str] | None,
        typer.Option(
            "--port",
            metavar="PORT",
            help="Where the token will answer after a drive was written; for several drives once "
            f"for each, in their order. Default: a new port, or of one board {PORT_VARIABLE}.",
        ),
    ] = None,
    erase_secrets: Annotated[
        bool,
        typer.Option(
            "--erase-secrets",
            help="Also write to a token with secrets, and delete them; to a BOOTSEL drive without "
            "asking.",
        ),
    ] = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Write to every board that is plugged in, side by side."),
    ] = False,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write the file to a board: onto its BOOTSEL drive, or over its serial port.

    A BOOTSEL drive and an ESP32-S3 in its boot loader get all of it. A board that runs MicroPython
    or a development build keeps its MicroPython, and gets the files that differ. The command ends
    when the token has answered with the version just written, and fails when none does. A BOOTSEL
    drive does not show whether its board holds secrets: the operator confirms at the terminal that
    none is needed. The inventory no longer has the accounts of a token that has lost them by that.
    """
    from host_tools.flashing import arrival, image_file  # noqa: PLC0415 - its compiler loads slowly

    file = image_file.read(read_file(image))
    named = list(dict.fromkeys(targets or ()))
    if every and named:
        raise KodebrikError("flash-all-or-named", ExitCode.USAGE)
    with read_inventory(inventory_file) as inventory:
        if every or len(named) > 1:
            _to_several(file, named, (erase_secrets, as_json), awaited or (), inventory)
            return
        drive, serial_port = _named(named[0]) if named else _only()
        if drive is not None:
            result, hello = _to_drive(file, drive, awaited or (), (erase_secrets, as_json))
        else:
            for port in awaited or ():
                the_port(serial_port, port)
            result, hello = _to_port(file, serial_port, erase_secrets)
        if hello is None:
            raise arrival.no_hello(drive.path if drive else serial_port)
        forgotten = _forget(inventory, [hello])
    result |= {"product": file.product, "board": file.board["name"], "version": file.version}
    result |= {"serial": hello.serial, "forgotten": forgotten}
    answered = Message(
        "flash-write.answered", product=hello.product, serial=hello.serial, version=hello.version
    )
    emit(as_json, result, [answered, *_forgotten(forgotten)])


def _forget(inventory: Inventory | None, answered: "Sequence[Hello]") -> list[str]:
    """Delete from the inventory the accounts of tokens that have answered without any; give the
    serial numbers of those that had some there."""
    from host_tools.flashing.serial_files import WITHOUT_SECRETS  # noqa: PLC0415 - as above

    emptied: list[str] = []
    if inventory is None:
        return emptied
    for hello in answered:
        entry = inventory.find(hello.serial)
        if entry is not None and entry.accounts and hello.state in WITHOUT_SECRETS:
            batches.forget(inventory, hello.serial)
            emptied.append(hello.serial)
    return emptied


def _forgotten(serials: list[str]) -> list[Message]:
    return [Message("flash-write.forgotten", serial=serial) for serial in serials]


def _to_several(
    file: "ImageFile",
    named: list[str],
    erasing: tuple[bool, bool],
    awaited: Sequence[str],
    inventory: Inventory | None,
) -> None:
    """Write to the boards that are named, to every one if none is, and say of each what became of
    it; the exit code is that of the first that failed."""
    from host_tools.flashing import many  # noqa: PLC0415 - as above

    if named:
        boards = [_named(each) for each in named]
        drives = [drive for drive, _ in boards if drive is not None]
        targets = many.Targets(drives, [port for drive, port in boards if drive is None], awaited)
    else:
        targets = many.found(awaited)
    if awaited and len(awaited) != len(targets.drives):
        raise KodebrikError(
            "flash-ports-of-drives",
            ExitCode.USAGE,
            ports=len(awaited),
            drives=len(targets.drives),
        )
    for drive in targets.drives:
        say(Message("flash-write.found-drive", path=drive.path, model=drive.model))
    for port in targets.ports:
        say(Message("flash-write.found-board", port=port))
    erase_secrets, as_json = erasing
    if erase_secrets and targets.ports:
        say(Message("flash-write.secrets-go"))
    erasable = many.Erasable(erase_secrets, _is_granted(file, targets.drives, *erasing))
    with reporting_each(targets.names) as progress, _interruptible(*targets.names):
        outcomes = many.write(file, targets, erasable, progress)
    told: list[dict[str, Any]] = [
        {
            "target": outcome.target,
            "serial": outcome.hello.serial if outcome.hello else None,
            **(outcome.error.as_json() if outcome.error else {}),
        }
        for outcome in outcomes
    ]
    forgotten = _forget(inventory, [each.hello for each in outcomes if each.hello is not None])
    result = {
        "product": file.product,
        "version": file.version,
        "boards": told,
        "forgotten": forgotten,
    }
    lines = [line for outcome in outcomes for line in _outcome(outcome)]
    emit(as_json, result, [*lines, *_forgotten(forgotten)])
    failed = [outcome.error.exit_code for outcome in outcomes if outcome.error]
    if failed:
        raise typer.Exit(failed[0])


def _outcome(outcome: "Outcome") -> list[str]:
    """Give the lines that say what became of a board."""
    if outcome.error is not None:
        why = Message("flash-write.failed", target=outcome.target, why=outcome.error.message)
        return [why, outcome.error.hint]
    assert outcome.hello is not None  # noqa: S101 - all that were awaited have got an error
    serial = outcome.hello.serial
    return [Message("flash-write.done", target=outcome.target, serial=serial)]


def _to_drive(
    file: "ImageFile", drive: "Drive", awaited: Sequence[str], erasing: tuple[bool, bool]
) -> tuple[dict[str, Any], "Hello | None"]:
    """Copy the file to a drive, and give the token's hello, None when no port has appeared."""
    from host_tools.flashing import arrival, drives  # noqa: PLC0415 - as above

    drives.check(drive, file.board["title"], file.board["mcu"])
    say(Message("flash-write.found-drive", path=drive.path, model=drive.model))
    drives.check_erasable(drive, _is_granted(file, [drive], *erasing))
    before = ports.candidates(ports.devices())
    with reporting(Message("flash-write.copying")) as report, _interruptible(str(drive.path)):
        drives.copy(file.data, drive, report)
    named = awaited or list(filter(None, [os.environ.get(PORT_VARIABLE)]))
    find = (lambda: [*named]) if named else arrival.new_ports(before)
    with _awaiting(str(drive.path)):
        hello = arrival.await_hello(file, find)
    return {"drive": str(drive.path), "bytes": len(file.data)}, hello


def _is_granted(
    file: "ImageFile", found: "Sequence[Drive]", erase_secrets: bool, as_json: bool
) -> bool:
    """Say whether everything may be erased on the boards of those drives that take the file."""
    paths = [str(drive.path) for drive in found if drive.mcu == file.board["mcu"]]
    question = Message("prompt.no-secrets", targets=listed("list-comma", paths))
    return bool(paths) and erasure.is_granted(question, erase_secrets, as_json)


def _to_port(
    file: "ImageFile", port: str, erase_secrets: bool
) -> tuple[dict[str, Any], "Hello | None"]:
    """Write over a serial port, and give the token's hello."""
    from host_tools.flashing import arrival, board_port  # noqa: PLC0415 - as above

    with step(Message("devices.asking", port=port)):
        found = board_port.ask(port, file, erase_secrets)
    say(Message("flash-found." + found, port=port))
    before = ports.candidates(ports.devices())
    with reporting(Message("flash-write.writing")) as report, _interruptible(port):
        written = board_port.write(port, file, found, erase_secrets=erase_secrets, report=report)
    with _awaiting(port):
        find = arrival.new_ports(before, [port]) if written is None else lambda: [port]
        hello = arrival.await_hello(file, find)
    size = {"bytes": len(file.data)} if written is None else {"files": written}
    return {"port": port, **size}, hello


@contextmanager
def _interruptible(*targets: str) -> Iterator[None]:
    """Let Ctrl-C be the error that says what may have become of the boards."""
    try:
        yield
    except KeyboardInterrupt:
        raise KodebrikError(
            "flash-interrupted", ExitCode.INTERRUPTED, targets=listed("list-comma", targets)
        ) from None


@contextmanager
def _awaiting(target: str) -> Iterator[None]:
    """Tell that the token is waited for; let Ctrl-C be the error that says that its board at
    `target` has been written."""
    try:
        with step(Message("flash-write.waiting")):
            yield
    except KeyboardInterrupt:
        raise KodebrikError(
            "flash-interrupted-waiting", ExitCode.INTERRUPTED, target=target
        ) from None


def _named(target: str) -> tuple["Drive | None", str]:
    """Give the drive or the port that is named; KodebrikError when there is none."""
    from host_tools.flashing import drives  # noqa: PLC0415 - as above

    if _names_nothing(target):
        raise KodebrikError("flash-no-target", ExitCode.NO_PORT, path=target)
    if not Path(target).is_dir():
        return None, target
    drive = drives.at(Path(target))
    if drive is None:
        raise KodebrikError("flash-no-drive", ExitCode.NO_PORT, path=target)
    return drive, ""


def _only() -> tuple["Drive | None", str]:
    """Give the drive or the port of the only board; KodebrikError when there is none, or a
    choice."""
    from host_tools.flashing import drives  # noqa: PLC0415 - as above

    found_drives, devices = drives.mounted(), ports.devices()
    found_ports = ports.candidates(devices)
    found = [str(drive.path) for drive in found_drives] + found_ports
    if len(found) > 1:
        raise KodebrikError("flash-several", ExitCode.NO_PORT, targets=listed("list-comma", found))
    if found_drives:
        return found_drives[0], ""
    if found_ports:
        return None, found_ports[0]
    if any(device.kind == "bootloader" for device in devices):
        raise KodebrikError("flash-drive-not-mounted", ExitCode.NO_PORT)
    raise KodebrikError("flash-no-board", ExitCode.NO_PORT)


def _names_nothing(named: str) -> bool:
    """Say whether `named` is a path at which there is nothing; COM3 and rfc2217://host:port are no
    paths."""
    return bool(Path(named).parent.name or Path(named).is_absolute()) and (
        "://" not in named and not Path(named).exists()
    )

"""kodebrik audit: verify the validator's audit, and take anchors of it to compare with later."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ValidatorOptions
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

if TYPE_CHECKING:
    from host_tools.validator.notices.webhook import Webhook
    from host_tools.validator.records import AuditAnchor, AuditFault

app = CommandGroup(help="Verify the validation server's audit.")

_ACTOR = "command line"


@app.command()
@option_groups
def verify(
    *,
    anchor: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An anchor that the audit must still contain."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="With --anchor: of the audit, read only what came since. All before was verified.",
        ),
    ] = False,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Verify every chain of the audit and every row; name the first entry of each chain that was
    changed or is missing."""
    if resume and anchor is None:
        raise KodebrikError("audit.resume-without-anchor", ExitCode.USAGE)
    with from_extra("not-installed-server"):
        anchored = None if anchor is None else _read_anchor(anchor)
    with (
        reporting(Message("audit.verifying")) as progress,
        validator.open(create=False) as opened,
    ):
        report = opened.verify_audit(progress, anchor=anchored, resume=resume)
    broken = [
        {"serial": fault.serial, "sequence": fault.sequence, "what": fault.what}
        for fault in report.broken
    ]
    lines: list[str] = [Message("audit.size", entries=report.entries, chains=report.chains)]
    if report.earlier:
        lines.append(Message("audit.earlier", count=report.earlier))
    lines += map(_line, report.broken)
    lines.append(Message("audit.tampered" if broken else "audit.whole"))
    if anchor is not None and not broken:
        lines.append(Message("audit.anchor-continued"))
    sizes = {"entries": report.entries, "earlier": report.earlier, "chains": report.chains}
    emit(as_json, sizes | {"broken": broken}, lines)
    if broken:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("anchor")
@option_groups
def take_anchor(
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the anchor to a new file.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Post the anchor to the webhook of this settings file of the server.",
        ),
    ] = None,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Print a sealed statement of how far the audit has come. Keep it where the database's
    administrators cannot write: only by it shows a whole database that was put back."""
    if out is not None:
        private_files.check_new(out)
    with from_extra("not-installed-server"):
        webhook = None if settings is None else _webhook(settings)
    with validator.open(create=False) as opened:
        anchor = opened.anchor_audit(actor=_ACTOR)
    said = asdict(anchor)
    text = json.dumps(said)
    lines: list[str] = []
    if out is not None:
        private_files.write_new(out, text.encode() + b"\n")
        lines.append(Message("audit.anchor-written", count=anchor.entries, path=out))
    if webhook is not None:
        _post(webhook, anchor)
        lines.append(Message("audit.anchor-posted"))
    emit(as_json, said, lines or [text])


def _line(fault: "AuditFault") -> str:
    if fault.sequence is None:
        return fault.what
    return Message(
        "audit.fault",
        chain=fault.serial or Message("audit.server-chain"),
        sequence=fault.sequence,
        what=fault.what,
    )


def _read_anchor(path: Path) -> "AuditAnchor":
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - an extra

    from host_tools.validator.records import AuditAnchor  # noqa: PLC0415 - an extra

    try:
        return TypeAdapter(AuditAnchor).validate_json(path.read_bytes(), strict=True)
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
    except ValidationError:
        raise KodebrikError("audit.anchor-invalid", ExitCode.BAD_INPUT, path=path) from None


def _webhook(path: Path) -> "Webhook":
    from host_tools.validator.server import settings_file  # noqa: PLC0415 - an extra

    webhook = settings_file.load(path).webhook
    if webhook is None:
        raise KodebrikError("audit.anchor-no-webhook", ExitCode.BAD_INPUT, path=path)
    return webhook


def _post(to: "Webhook", anchor: "AuditAnchor") -> None:
    from host_tools.validator.notices import webhook  # noqa: PLC0415 - an extra

    try:
        webhook.post_anchor(to, anchor, time.time())
    except OSError as error:
        raise KodebrikError(
            "audit.anchor-refused", ExitCode.FILE, url=to.url, reason=reason(error)
        ) from None

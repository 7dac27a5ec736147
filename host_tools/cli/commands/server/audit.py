"""kodebrik audit: verify the validator's audit."""

import typer

from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ValidatorOptions
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode
from host_tools.messages.catalogue import Message

app = CommandGroup(help="Verify the validation server's audit.")


@app.callback()
def _root() -> None:
    pass  # keeps 'verify' a command of its own


@app.command()
@option_groups
def verify(
    *,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Verify every chain of the audit; name the first entry of each that was changed or is
    missing."""
    with (
        validator.open(create=False) as opened,
        reporting(Message("audit.verifying")) as progress,
    ):
        report = opened.verify_audit(progress)
    broken = [
        {"serial": fault.serial, "sequence": fault.sequence, "what": fault.what}
        for fault in report.broken
    ]
    lines = [Message("audit.size", entries=report.entries, chains=report.chains)]
    lines += [
        Message(
            "audit.fault",
            chain=fault.serial or Message("audit.server-chain"),
            sequence=fault.sequence,
            what=fault.what,
        )
        for fault in report.broken
    ]
    lines.append(Message("audit.tampered" if broken else "audit.whole"))
    emit(as_json, {"entries": report.entries, "chains": report.chains, "broken": broken}, lines)
    if broken:
        raise typer.Exit(ExitCode.CHECK_FAILED)

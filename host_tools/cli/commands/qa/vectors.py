"""kodebrik qa vectors: try the published vectors."""

from collections import Counter
from typing import Annotated

import typer

from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.desktop.token_folder import emulator_errors
from host_tools.errors import ExitCode
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message, prefixed


def vectors(
    product: Annotated[
        str, typer.Option(help="Which product to emulate: kodeviser or kodeoplaeser.")
    ] = "kodeviser",
    as_json: Json = False,
) -> None:
    """Try the published vectors of RFC 4226, 6238 and 6287 on the firmware and on the validator."""
    with reporting(Message("vectors.vectors")) as progress, emulator_errors():
        with from_extra("not-installed-qa"):
            from host_tools.qa.vectors import runner  # noqa: PLC0415 - an extra, slow to load

        tried = list(runner.run(product, progress))
    lines: list[str] = []
    rows = []
    for device in (runner.TOKEN, runner.VM, runner.SERVER):
        for rfc in dict.fromkeys(each.vector.rfc for each in tried if each.device == device):
            mine = [each for each in tried if each.device == device and each.vector.rfc == rfc]
            done = [each for each in mine if not each.skipped]
            failed = [each for each in done if not each.passed]
            skipped = Counter(each.skipped for each in mine if each.skipped)
            rows.append(
                {
                    "device": device,
                    "rfc": rfc,
                    "tried": len(done),
                    "failed": [each.vector.name for each in failed],
                    "skipped": dict(skipped),
                }
            )
            lines.append(
                Message(
                    "vectors.right",
                    device=device,
                    rfc=rfc,
                    right=len(done) - len(failed),
                    tried=len(done),
                )
            )
            lines += [
                prefixed("  ", Message("vectors.skipped", number=count, why=why))
                for why, count in skipped.items()
            ]
            lines += [
                prefixed(
                    "  ",
                    Message(
                        "vectors.wrong",
                        name=each.vector.name,
                        expected=each.vector.code,
                        given=each.given or Message("vectors.no-code"),
                    ),
                )
                for each in failed
            ]
    emit(as_json, {"vectors": rows}, lines)
    if any(row["failed"] for row in rows):
        raise typer.Exit(ExitCode.CHECK_FAILED)

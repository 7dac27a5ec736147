"""kodebrik netlist: a token's circuit for a board layout program, its electrical rules checked."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools import whole_files
from host_tools.cli.commands.emulation.image import Board, Product
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message


def netlist(
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="A new file for the netlist, in KiCad's format.")
    ],
    product: Product = "kodeviser",
    board: Board = "pico",
    as_json: Json = False,
) -> None:
    """Write the netlist of a token's circuit, after a check of its electrical rules."""
    from host_tools.hardware.circuit import circuit  # noqa: PLC0415 - the image is slow to load
    from host_tools.hardware.netlist import check  # noqa: PLC0415 - the image is slow to load

    whole_files.check_new(output)
    whole = circuit(board, product)
    with step(Message("netlist.checking")):
        checked = check(whole)
    if checked.findings:
        raise KodebrikError(
            "netlist-rules", ExitCode.CHECK_FAILED, findings="; ".join(checked.findings)
        )
    whole_files.write(output, checked.netlist.encode())
    parts, nets = len(whole.parts), len(whole.nets)
    emit(
        as_json,
        {"output": str(output), "parts": parts, "nets": nets},
        [Message("netlist.written", path=output, parts=parts, nets=nets)],
    )

"""kodebrik case: the case of a token, to print."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.commands.emulation.image import Board, Product
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason


def case(
    output: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the files.")],
    product: Product = "kodeviser",
    board: Board = "pico",
    as_json: Json = False,
) -> None:
    """Make body and lid of a token's case, as STL and STEP, around its board."""
    from host_tools.hardware.case.files import write  # noqa: PLC0415 - the image is slow to load
    from host_tools.image.image import load_board, load_product  # noqa: PLC0415 - the image is slow to load

    load_product(product)
    load_board(board)
    if output.exists():
        raise KodebrikError("output-exists", ExitCode.FILE, path=output)
    try:
        output.mkdir(parents=True)
        with step(Message("case.making", product=product)):
            written = write(product, board, output)
    except OSError as error:
        shutil.rmtree(output, ignore_errors=True)
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=output, reason=reason(error)
        ) from None
    except (KeyboardInterrupt, KodebrikError):
        shutil.rmtree(output)  # half a case
        raise
    files = [str(path) for path in written]
    emit(
        as_json,
        {"product": product, "board": board, "files": files},
        [Message("case.made", path=output, files=", ".join(path.name for path in written))],
    )

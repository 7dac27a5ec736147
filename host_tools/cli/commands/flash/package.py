"""kodebrik flash package: an update of the firmware, signed."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from host_tools import whole_files
from host_tools.cli.commands.emulation.image import Board, Product, Production
from host_tools.cli.commands.flash.image import Languages, asked_languages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.update_key import UpdateKeyOptions
from host_tools.cli.output import Json, emit, step
from host_tools.messages.catalogue import Message


@option_groups
def package(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The new file.")],
    product: Product = "kodeviser",
    board: Board = "pico",
    language: Languages = None,
    production: Production = False,
    minimum: Annotated[
        str,
        typer.Option(
            metavar="VERSION", help="The oldest firmware that may be updated with it; else any."
        ),
    ] = "0.0.0",
    update_key: UpdateKeyOptions,
    as_json: Json = False,
) -> None:
    """Build this version's firmware as an update, and sign it.

    It fits tokens whose image was made with the same product, board, languages and build. Voices
    are no part of it.
    """
    from host_tools.flashing import update_package  # noqa: PLC0415 - the compiler is slow to load

    whole_files.check_new(output)
    update_package.check_minimum(minimum)
    key = update_key.key()
    with step(Message("image-building", product=product, board=board)):
        update = update_package.build(
            key.sign_manifest,
            product=product,
            board=board,
            production=production,
            languages=asked_languages(language),
            minimum=minimum,
        )
    content = update.encode()
    whole_files.write(output, content)
    fields = update.fields | {"sha256": update.fields["sha256"].hex()}
    result = {
        "output": str(output),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "manifest": fields,
    }
    emit(
        as_json,
        result,
        [
            Message(
                "flash-package.built",
                path=output,
                product=product,
                board=board,
                version=update.version,
                size=len(content),
            )
        ],
    )

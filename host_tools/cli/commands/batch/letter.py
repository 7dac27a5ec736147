"""kodebrik batch letter, letters and labels: what goes with the tokens on paper, and as sound."""

from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from host_tools import private_files, whole_files
from host_tools.cli.commands.batch.options import (
    DocumentLanguage,
    document_language,
    new_file,
    page_for_qr_code,
)
from host_tools.cli.options import file_endings
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.output import Json, emit, step
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, serial_number
from host_tools.provisioning.inventory_records import PROVISIONED

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from host_tools.factory.handout import Handout

    WritePdf: TypeAlias = Callable[[Handout, Path], None]


class Form(StrEnum):
    """The forms of a letter, by the ending of their files."""

    PDF = "pdf"
    HTML = "html"
    AUDIO = "audio"
    BRAILLE = "braille"


_ENDINGS = {
    Form.PDF: file_endings.PDF,
    Form.HTML: file_endings.HTML,
    Form.AUDIO: file_endings.WAV,
    Form.BRAILLE: file_endings.BRAILLE,
}

Format = Annotated[Form, typer.Option("--format", help="pdf, html, audio (WAV), or braille (BRF).")]
Site = Annotated[
    str | None,
    typer.Option(
        envvar="KODEBRIK_ACTIVATION_PAGE",
        metavar="URL",
        help="The page where users activate: named in the letter, and its QR code.",
    ),
]
Support = Annotated[
    str | None, typer.Option(metavar="TEXT", help="How support is reached, as the letter says it.")
]


def letter(
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="The token's serial number.")],
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    language: DocumentLanguage = None,
    form: Format = Form.PDF,
    site: Site = None,
    support: Support = None,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write the letter that goes with a token: how to activate it and to take care of it.

    It holds no secret. 'kodebrik letter' writes the one with the activation code.
    """
    private_files.check_new(output)
    file_endings.check_ending(output, _ENDINGS[form])
    chosen, site = document_language(language), page_for_qr_code(site)
    with opened_inventory(inventory_file) as inventory:
        entry = inventory.entry(serial_number.check(serial))
    if entry.state != PROVISIONED:
        raise KodebrikError("batch-token-not-done", ExitCode.NOT_FOUND, serial=entry.serial)
    with from_extra("not-installed-factory"):
        from host_tools.factory.handout import Handout  # noqa: PLC0415 - an extra
    content = Handout(entry.serial, entry.product, chosen, site, support)
    with step(Message("batch-letter.writing")):
        _write(content, form, output)
    emit(
        as_json,
        {"serial": entry.serial, "file": str(output)},
        [Message("batch-letter.written", serial=entry.serial, path=output)],
    )


def letters(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the letters go.")],
    language: DocumentLanguage = None,
    form: Format = Form.PDF,
    site: Site = None,
    support: Support = None,
    missing: Annotated[
        bool,
        typer.Option(
            "--missing", help="Write those that are missing in the folder; those there stay."
        ),
    ] = False,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write the letters of all tokens of a batch that are done."""
    chosen, site = document_language(language), page_for_qr_code(site)
    with from_extra("not-installed-factory"):
        from host_tools.factory.handout import Handout  # noqa: PLC0415 - an extra
    with opened_inventory(inventory_file) as inventory:
        product = batches.find(inventory, batch).product
        serials = [job.serial or "" for job in batches.each(inventory, batch, batches.DONE)]
        if not serials:
            raise KodebrikError("batch-nothing-done", ExitCode.BAD_INPUT, batch=batch)
        paths = {serial: folder / f"{serial}.{chosen}{_ENDINGS[form][0]}" for serial in serials}
        there = [serial for serial, path in paths.items() if path.exists()]
        if there and not missing:
            raise KodebrikError(
                "batch-letters-exist", ExitCode.FILE, count=len(there), path=paths[there[0]]
            )
        for serial in there:
            del paths[serial]
        whole_files.make_folder(folder)
        with reporting(Message("batch-letter.letters")) as progress, _writing_pdf(form) as write:
            for count, (serial, path) in enumerate(paths.items(), 1):
                _write(Handout(serial, product, chosen, site, support), form, path, write)
                progress(count, len(paths))
    emit(
        as_json,
        {"batch": batch, "folder": str(folder), "letters": len(serials), "written": len(paths)},
        [Message("batch-letter.all-written", count=len(paths), path=folder)],
    )


def labels(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.")],
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The new PDF.")],
    language: DocumentLanguage = None,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write the labels of all tokens of a batch that are done as sheets of A4: large digits, and a
    barcode of Code 128."""
    private_files.check_new(output)
    file_endings.check_ending(output, file_endings.PDF)
    chosen = document_language(language)
    with opened_inventory(inventory_file) as inventory:
        product = batches.find(inventory, batch).product
        serials = [job.serial or "" for job in batches.each(inventory, batch, batches.DONE)]
    if not serials:
        raise KodebrikError("batch-nothing-done", ExitCode.BAD_INPUT, batch=batch)
    with from_extra("not-installed-factory"):
        from host_tools.factory import label  # noqa: PLC0415 - an extra
    name = Message("product-name." + product).text(chosen)
    title = Message("batch-label.title", batch=batch).text(chosen)
    with step(Message("batch-label.writing")), new_file(output) as part:
        label.write_sheet([(serial, name) for serial in sorted(serials)], chosen, title, part)
    emit(
        as_json,
        {"batch": batch, "file": str(output), "labels": len(serials)},
        [Message("batch-label.written", count=len(serials), path=output)],
    )


def _writing_pdf(form: Form) -> "AbstractContextManager[WritePdf | None]":
    """Give what writes many letters as PDF, for that form."""
    if form is not Form.PDF:
        return nullcontext()
    from host_tools.factory import pdf_letters  # noqa: PLC0415 - an extra, which is there

    return pdf_letters.writing()


def _write(
    content: "Handout", form: Form, output: Path, write_pdf: "WritePdf | None" = None
) -> None:
    with from_extra("not-installed-factory"):
        from host_tools.factory import handout  # noqa: PLC0415 - an extra
    with new_file(output) as part:
        if form is Form.PDF:
            (write_pdf or handout.write_pdf)(content, part)
        elif form is Form.HTML:
            part.write_text(handout.as_html(content), encoding="utf-8")
        elif form is Form.BRAILLE:
            from host_tools.factory import braille_letter  # noqa: PLC0415 - as above

            braille_letter.write(content, part)
        else:
            with from_extra("not-installed-voice"):
                from host_tools.factory import spoken_letter  # noqa: PLC0415 - an extra
            spoken_letter.write(content, part)

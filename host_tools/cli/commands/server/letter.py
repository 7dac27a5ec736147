"""kodebrik letter: write the letter with which a user activates a token."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli.options import file_endings
from host_tools.cli.options.documents import checked_language, checked_site
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ACTOR, ValidatorOptions
from host_tools.cli.output import Json, emit
from host_tools.messages import catalogue
from host_tools.messages.catalogue import Message
from host_tools.validator import letters
from host_tools.validator.letters import Letter
from host_tools.validator.records import APP


@option_groups
def letter(
    *,
    serial: Annotated[
        str, typer.Argument(metavar="SERIAL", help="The serial number of a token that is assigned.")
    ],
    output: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="New file: an HTML page, or text when it ends in .txt."
        ),
    ],
    language: Annotated[str | None, typer.Option(help="da or en. Default: the user's.")] = None,
    site: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the user activates the token.")
    ] = None,
    days: Annotated[int, typer.Option(help="Days that the activation code can be used.")] = 30,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Write the activation letter of a token that was assigned to a user; an earlier letter is
    void."""
    private_files.check_new(output)
    file_endings.check_ending(output, (*file_endings.HTML, *file_endings.TEXT))
    if language is not None:
        checked_language(language)
    site = checked_site(site)
    with validator.open(create=False) as opened:
        token = opened.token(serial)
        letter_language = language or (
            opened.user(token.user_id).language
            if token.user_id
            else next(iter(catalogue.LANGUAGES))
        )
        issued = opened.issue_activation_code(serial, actor=ACTOR, days=days)
    content = Letter(
        issued.serial,
        issued.code,
        issued.expires_at,
        letter_language,
        token.user_id,
        site,
        APP if token.kind == APP else token.product,
    )
    is_text = output.suffix.lower() in file_endings.TEXT
    text = letters.as_text(content) if is_text else letters.as_html(content)
    private_files.write_new(output, text.encode())
    result = {"serial": serial, "file": str(output), "expires_at": issued.expires_at}
    emit(
        as_json,
        result,
        [Message("letter-written", serial=serial, path=output)],
    )

"""Importing a file in the administration. The page is sent bit by bit while the tokens come in, so
that its progress shows without scripts, and whichever worker took the file.
"""

import queue
import threading
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from markupsafe import escape

from host_tools.errors import KodebrikError
from host_tools.progress import Progress
from host_tools.validator.http.authentication import RULE
from host_tools.validator.rest.imports import read_tokens
from host_tools.validator.service import Validator
from host_tools.validator.site import pages
from host_tools.validator.site.admin_session import Sent, SignedIn, show
from host_tools.validator.site.pages import compose, language
from host_tools.validator.site.texts import text

router = APIRouter(prefix="/admin")

_LINES = 10  # of progress for each half of an import: more would drown a screen reader
_HERE = "<!-- lines -->"
_Field = Annotated[str, Form(max_length=200)]


@router.get("/import")
def ask_file(request: Request, operator: SignedIn) -> Response:
    """Ask for the file."""
    operator.must(RULE)
    return show(request, operator, "administration/import.html", error="")


@router.post("/import")
def take_file(
    request: Request,
    operator: Sent,
    file: Annotated[UploadFile | None, File()] = None,
    passphrase: _Field = "",
    key: _Field = "",
) -> Response:
    """Import it, showing how far it is."""
    operator.must(RULE)
    if file is None or not file.filename:
        return show(
            request,
            operator,
            "administration/import.html",
            422,
            error=text(language(request), "file_missing"),
        )
    content, validator = file.file.read(), request.app.state.validator
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    spoken = language(request)
    # A thread of its own: the import goes on to its end when the browser goes away.
    worker = threading.Thread(
        target=_import,
        args=(validator, content, passphrase, key, operator.name, spoken, lines),
        name="import",
    )
    whole = compose(
        request,
        "administration/importing.html",
        operator=operator,
        csrf=operator.csrf,
        name=file.filename,
    )
    before, _, after = whole.partition(_HERE)

    def body() -> Iterator[str]:
        yield before
        worker.start()
        while (line := lines.get()) is not None:
            yield line
        yield after

    return StreamingResponse(body(), media_type="text/html; charset=utf-8")


def _import(
    validator: Validator,
    content: bytes,
    passphrase: str,
    key: str,
    actor: str,
    spoken: str,
    lines: "queue.SimpleQueue[str | None]",
) -> None:
    def progress(name: str) -> Progress:
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if done * _LINES // total > told:
                told = done * _LINES // total
                lines.put(f"<li>{escape(text(spoken, name, done=done, total=total))}</li>\n")

        return tell

    try:
        tokens = read_tokens(content, passphrase, key, None, progress("import_read"))
        number = validator.import_tokens(tokens, actor=actor, progress=progress("import_stored"))
        lines.put(_outcome("good", text(spoken, "import_done", total=number)))
    except KodebrikError as error:
        parts = [pages.spoken(spoken, sentence) for sentence in (error.message, error.hint)]
        said = " ".join(
            f'<span lang="{code}">{escape(sentence)}</span>' for sentence, code in parts
        )
        lines.put(_outcome("bad", text(spoken, "import_failed"), said))
    finally:
        lines.put(None)


def _outcome(kind: str, said: str, more: str = "") -> str:
    return f'</ol><div class="message {kind}" role="status"><p>{escape(said)} {more}</p></div><ol hidden>'

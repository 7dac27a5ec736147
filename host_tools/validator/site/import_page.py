"""Importing a file in the administration. The page is streamed while the tokens are imported, so
that its progress shows without scripts, and in whichever worker the request is.
"""

import io
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from host_tools.errors import KodebrikError
from host_tools.progress import Progress
from host_tools.secret import Secret
from host_tools.validator.formatting import number
from host_tools.validator.http.authentication import MAY_ADMINISTER
from host_tools.validator.http.uploads import UploadRoute
from host_tools.validator.rest.imports import read_tokens
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import SignedIn, SignedInForm, page_values, show
from host_tools.validator.site.pages import language, streamed_page
from host_tools.validator.site.texts import text

router = APIRouter(prefix="/admin", route_class=UploadRoute, include_in_schema=False)

_LINES = 10  # of progress for each half of an import: more would drown a screen reader
_Field = Annotated[str, Form(max_length=200)]


@router.get("/import")
def ask_file(request: Request, operator: SignedIn) -> Response:
    """Ask for the file."""
    operator.must(MAY_ADMINISTER)
    return show(request, operator, "administration/import.html", error="")


@router.post("/import")
def take_file(
    request: Request,
    operator: SignedInForm,
    file: Annotated[UploadFile | None, File()] = None,
    passphrase: _Field = "",
    key: _Field = "",
) -> Response:
    """Import the file, showing the progress."""
    operator.must(MAY_ADMINISTER)
    chosen = language(request)
    if file is None or not file.filename:
        error = text(chosen, "file_missing")
        return show(request, operator, "administration/import.html", 422, error=error)
    running = _Import(
        request.app.state.validator,
        io.BytesIO(file.file.read()),  # the upload is closed with the request
        Secret(passphrase.encode()),
        Secret(key.encode()),
        operator.name,
        chosen,
    )
    return streamed_page(
        request,
        "administration/importing.html",
        **page_values(request, operator),
        name=file.filename,
        progress=running.progress(),
        outcome=running.outcome,
    )


@dataclass
class _Outcome:
    """How an import ended: the number of tokens, or what was refused, or neither for a defect; and
    the remarks on the file."""

    imported: int | None = None
    remarks: Sequence[str] = ()
    refused: KodebrikError | None = None


class _Import:
    """One import in a thread of its own: it goes on to its end when the browser goes away."""

    def __init__(
        self,
        validator: Validator,
        file: BinaryIO,
        passphrase: Secret,
        key: Secret,
        actor: str,
        language: str,
    ) -> None:
        self.outcome = _Outcome()
        self._validator, self._file, self._actor = validator, file, actor
        self._passphrase, self._key, self._language = passphrase, key, language
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def progress(self) -> Iterator[str]:
        """Start, and give lines of progress until the outcome is known."""
        threading.Thread(target=self._run, name="import").start()
        while (line := self._lines.get()) is not None:
            yield line

    def _run(self) -> None:
        try:
            tokens, remarks = read_tokens(
                self._file,
                self._passphrase.reveal().decode(),
                self._key.reveal().decode(),
                None,
                self._teller("import_read"),
            )
            self.outcome.remarks = remarks.sentences
            self.outcome.imported = self._validator.import_tokens(
                tokens, actor=self._actor, progress=self._teller("import_stored")
            )
        except KodebrikError as error:
            self.outcome.refused = error
        finally:
            self._lines.put(None)

    def _teller(self, key: str) -> Progress:
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if done * _LINES // total > told:
                told = done * _LINES // total
                written = {
                    "done": number(done, self._language),
                    "total": number(total, self._language),
                }
                self._lines.put(text(self._language, key, **written))

        return tell

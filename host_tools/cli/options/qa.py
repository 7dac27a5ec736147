"""Options that several commands of QA share, and what to install for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

Seed = Annotated[
    int | None, typer.Option(help="Repeats a run. Default: drawn, and told in the report.")
]


@contextmanager
def installed() -> Iterator[None]:
    """Say what to install when a part is missing."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("emulator", "firmware", "host_tools"):
            raise
        raise KodebrikError(
            "not-installed-qa", ExitCode.NOT_INSTALLED, package=error.name or Message("a-package")
        ) from None

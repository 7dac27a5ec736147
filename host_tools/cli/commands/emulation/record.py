"""kodebrik voice record: a page in the browser on which a person records a language's clips."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools.cli.output import AnnouncedInterruptError, Json, emit, language, say
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.recorder.page import Recorder


def record(
    output: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Folder for the recordings; goes on with what it has."),
    ],
    spoken: Annotated[
        str, typer.Option("--language", metavar="NAME", help="What is spoken: da, en or kl.")
    ] = "da",
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    as_json: Json = False,
) -> None:
    """Record a language's digits and phrases with this machine's microphone, in the browser.

    Runs until Ctrl-C. The address that it prints is for this user alone: it contains a password.
    """
    with from_extra("not-installed-recorder"):
        from host_tools.recorder import server  # noqa: PLC0415 - extras
        from host_tools.voice import languages  # noqa: PLC0415

    def ready(url: str, recorder: "Recorder") -> None:
        counts = {"recorded": recorder.recorded(), "prompts": len(recorder.prompts)}
        emit(
            as_json,
            {"url": url, "folder": str(output), **counts},
            [Message("recorder-ready", url=url), Message("recorder-progress", **counts)],
        )
        sys.stdout.flush()

    recorder = server.serve(languages.load(spoken), output, port, language.get(), ready)
    say(Message("recorder-ended", recorded=recorder.recorded(), folder=output, language=spoken))
    raise AnnouncedInterruptError

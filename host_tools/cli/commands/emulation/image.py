"""kodebrik image: build a token's file system, as a folder or as a littlefs image."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.options import file_endings
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

Product = Annotated[str, typer.Option(metavar="NAME", help="The product, such as kodeviser.")]
Board = Annotated[str, typer.Option(metavar="NAME", help="The board: pico, pico2 or esp32_s3.")]
Production = Annotated[
    bool,
    typer.Option(
        "--production",
        help="Without Ctrl-C, prompt and codes over the link, as tokens are handed out.",
    ),
]
VoicePacks = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PACK",
        help="A voice pack instead of its language's synthesised one; a second one of a language "
        "is its second voice (docs/voice.md).",
    ),
]


def image(
    output: Annotated[
        Path,
        typer.Option(
            metavar="PATH", help="A file NAME.bin for a littlefs image, or else a new folder."
        ),
    ],
    product: Product = "kodeviser",
    board: Board = "pico",
    production: Production = False,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="A language it carries; repeat it for more, its own first. Default: da and en."
        ),
    ] = None,
    voice: VoicePacks = None,
    freeze: Annotated[
        bool,
        typer.Option(
            "--freeze",
            help="Instead a folder for MicroPython's build, which freezes the firmware into it.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Build the firmware for one product on one board."""
    from host_tools.image.image import build_freezing, build_tree, load_board, pack  # noqa: PLC0415 - the compiler is slow to load

    if output.exists():
        raise KodebrikError("output-exists", ExitCode.FILE, path=output)
    if not freeze:
        file_endings.check_ending(output, file_endings.BINARY)
    with step(Message("image-building", product=product, board=board)):
        if freeze:
            tree = build_freezing(product, board, output.resolve(), production, language)
        else:
            tree = build_tree(product, board, production, language)
        set_voices(tree, voice or ())
        content = (
            {str(output): pack(tree, load_board(board)["filesystem"])}
            if output.suffix.lower() in file_endings.BINARY and not freeze
            else {}
        )
    try:
        for path, data in (
            content or {str(output / path): data for path, data in tree.items()}
        ).items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(data)
    except (OSError, KeyboardInterrupt) as error:
        if output.is_dir():  # half an image
            shutil.rmtree(output)
        output.unlink(missing_ok=True)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=output, reason=reason(error)
        ) from None
    size = sum(len(data) for data in tree.values())
    result = {"output": str(output), "files": len(tree), "bytes": size, "production": production}
    line = Message(
        "image-built-production" if production else "image-built-development",
        path=output,
        files=len(tree),
        size=size,
    )
    if freeze:
        line = Message("image-built-freezing", path=output, manifest=output.resolve())
    emit(as_json, result, [line])


def set_voices(tree: dict[str, bytes], paths: Sequence[Path]) -> None:
    """Replace the voice packs of languages by those in these files; a second file of a language is
    the second voice, which its user can choose."""
    if not paths:
        return
    from host_tools.cli.commands.emulation.voice import read_pack  # noqa: PLC0415 - an extra

    given: set[str] = set()
    for path in paths:
        content, language = read_pack(path)
        first, second = f"{language}.kvp", f"{language}2.kvp"
        if first not in tree:
            raise KodebrikError(
                "voice-language-not-carried", ExitCode.USAGE, path=path, language=language
            )
        if second in tree:
            raise KodebrikError("voice-third", ExitCode.USAGE, path=path, language=language)
        tree[second if language in given else first] = content
        given.add(language)

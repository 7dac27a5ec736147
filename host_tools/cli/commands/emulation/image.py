"""kodebrik image: build a token's file system, as a folder or as a littlefs image."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from host_tools import whole_files
from host_tools.cli.options import file_endings
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

Product = Annotated[str, typer.Option(metavar="NAME", help="The product, such as kodeviser.")]
SecondVoice = Annotated[
    bool,
    typer.Option(
        "--second-voice/--one-voice",
        help="A second, lower voice of each language without --voice, where there is room.",
    ),
]
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
    second_voice: SecondVoice = True,
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
    from host_tools.image import image as images  # noqa: PLC0415 - the compiler is slow to load

    is_file = not freeze and output.suffix.lower() in file_endings.BINARY
    if is_file:
        whole_files.check_new(output)
    elif output.exists():
        raise KodebrikError("output-exists", ExitCode.FILE, path=output)
    if not freeze:
        file_endings.check_ending(output, file_endings.BINARY)
    two_voices: list[str] = []
    with step(Message("image-building", product=product, board=board)):
        if freeze:
            tree = images.build_freezing(product, board, production, language)
            set_voices(tree, voice or ())
        else:
            tree = images.build_tree(product, board, production, language)
            two_voices = choose_voices(
                tree, product, board, language, voice, second_voice, updates=False
            )
        content = (
            {str(output): images.pack(tree, images.load_board(board)["filesystem"])}
            if is_file
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
    result = {
        "output": str(output),
        "files": len(tree),
        "bytes": size,
        "production": production,
        "two_voices": two_voices,
    }
    line = Message(
        "image-built-production" if production else "image-built-development",
        path=output,
        files=len(tree),
        size=size,
    )
    if freeze:
        line = Message("image-built-freezing", path=output, manifest=output.resolve())
    emit(as_json, result, [line, *voices_line(tree, two_voices)])


def choose_voices(
    tree: dict[str, bytes],
    product: str,
    board: str,
    languages: Sequence[str] | None,
    packs: Sequence[Path] | None,
    second: bool,
    updates: bool,
) -> list[str]:
    """Put the voice packs that are given into a token's files, and where `second` is true the
    second voice of each other language that there is room for, beside an update where it takes
    them; give the languages with two."""
    from host_tools.image import image as images  # noqa: PLC0415 - the compiler is slow to load

    given = set_voices(tree, packs or ())
    carried = images.carried_languages(images.load_product(product), languages)
    if second:
        rest = [one for one in carried if one not in given]
        images.add_second_voices(tree, product, board, rest, updates)
    return [one for one in carried if f"{one}2.kvp" in tree]


def voices_line(tree: dict[str, bytes], two_voices: Sequence[str]) -> list[Message]:
    """Say which languages of a token's files have two voices, when any has a voice."""
    if two_voices:
        return [Message("image-two-voices", languages=", ".join(two_voices))]
    return [Message("image-one-voice")] if any(path.endswith(".kvp") for path in tree) else []


def set_voices(tree: dict[str, bytes], paths: Sequence[Path]) -> set[str]:
    """Replace the voice packs of languages by those in these files; a second file of a language is
    the second voice, which its user can choose. Give the languages of these files."""
    if not paths:
        return set()
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
    return given

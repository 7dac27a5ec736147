"""kodebrik flash image: one file with MicroPython and the firmware, to drop on a board."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools import whole_files
from host_tools.cli.commands.emulation.image import (
    Board,
    Product,
    Production,
    SecondVoice,
    VoicePacks,
    choose_voices,
    voices_line,
)
from host_tools.cli.options import file_endings
from host_tools.cli.options.update_key import PublicUpdateKey, public_key
from host_tools.cli.output import Json, emit, step
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

_LARGEST = 64 * 1024 * 1024  # bytes of a MicroPython file; no such board has more flash


Languages = Annotated[
    list[str] | None,
    typer.Option(help="The languages it carries, its own first, as in da,en. Default: da and en."),
]


def image(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The new file: a UF2, or .bin for an ESP32-S3."
        ),
    ],
    product: Product = "kodeviser",
    board: Board = "pico",
    language: Languages = None,
    production: Production = False,
    micropython: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The official MicroPython file for the board."),
    ] = None,
    voice: VoicePacks = None,
    second_voice: SecondVoice = True,
    update_key: PublicUpdateKey = None,
    as_json: Json = False,
) -> None:
    """Build the one file that makes a token of a bare board.

    It holds MicroPython, the firmware and its manifest. Where the firmware is frozen into the
    MicroPython that is given, its file system has the rest. Without --micropython the command says
    which file to get.
    """
    from host_tools.flashing import bundle, manifest, uf2  # noqa: PLC0415 - the compiler is slow to load
    from host_tools.flashing import micropython as releases  # noqa: PLC0415
    from host_tools.image import image as images  # noqa: PLC0415
    from host_tools.image.frozen import of as which_firmware  # noqa: PLC0415

    board_data, product_data = images.load_board(board), images.load_product(product)
    asked = asked_languages(language)
    public = public_key(update_key)
    if micropython is None:
        raise releases.missing(board_data)
    whole_files.check_new(output)
    is_uf2 = board_data["mcu"] in uf2.OF_MCU
    file_endings.check_ending(output, file_endings.UF2 if is_uf2 else file_endings.BINARY)
    release = releases.check(read_file(micropython), board_data)
    frozen = release.frozen
    if frozen is not None and public is not None:
        raise KodebrikError("update-frozen", ExitCode.CONFLICT)
    if frozen is not None and not asked:
        asked = list(frozen.languages)
    languages = images.carried_languages(product_data, asked)
    releases.check_frozen(release, which_firmware(product, board, production, languages))
    with step(Message("image-building", product=product, board=board)):
        if frozen is None:
            tree = images.build_tree(product, board, production, languages)
        else:
            tree = images.build_frozen_tree(product, languages)
        if public is not None:
            tree[images.UPDATE_KEY] = public
        two_voices = choose_voices(
            tree,
            product,
            board,
            languages,
            voice,
            second_voice,
            updates=public is not None,
        )
        built = manifest.describe(
            tree,
            release,
            product=product,
            board=board,
            languages=languages,
            production=production,
        )
        tree, whole = manifest.embed(tree, built, board_data["filesystem"])
        names = room_for_names(tree, product_data, board_data)
        filesystem = images.pack(tree, board_data["filesystem"])
        content = bundle.merge(release, filesystem, board_data)
    whole_files.write(output, content)
    result = {
        "output": str(output),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "manifest": built,
        "manifest_embedded": whole,
        "two_voices": two_voices,
    }
    if names is not None:
        result["room_for_spoken_names"] = names
    if not whole:
        result["embedded"] = manifest.shortened(built)
    emit(as_json, result, _lines(result, voices_line(tree, two_voices)))


def room_for_names(
    tree: dict[str, bytes], product: dict[str, Any], board: dict[str, Any]
) -> int | None:
    """Give how many bytes of spoken names a token with these files has room for beside an update;
    None for one that takes none, or does not speak. KodebrikError when there is no room for an
    update."""
    from host_tools.image import image as images  # noqa: PLC0415 - slow to load

    if images.UPDATE_KEY not in tree:
        return None
    images.check_room_for_update(tree, board["filesystem"])
    if "audio" not in product["parts"]:
        return None
    return images.room_beside_update(tree, board["filesystem"])


def asked_languages(named: list[str] | None) -> list[str]:
    """Give the languages that the option names."""
    return [one.strip() for each in named or () for one in each.split(",")]


def _lines(result: dict[str, Any], voices: Sequence[str]) -> list[str]:
    built = result["manifest"]
    names = {name: built[name] for name in ("product", "board", "version")}
    lines: list[str] = [
        Message("flash-image.files", **names, languages=", ".join(built["languages"])),
        *(f"{digest}  {path}" for path, digest in built["files"].items()),
        *voices,
        *([Message("flash-image.frozen")] if built["form"] == messages.FROZEN else []),
        Message(
            "flash-image.micropython",
            version=built["micropython"]["version"],
            board=built["micropython"]["board"],
            digest=built["micropython"]["sha256"],
        ),
    ]
    if not result["manifest_embedded"]:
        digest = result["embedded"]["manifest_sha256"]
        lines.append(Message("flash-image.short-manifest", digest=digest))
    if "room_for_spoken_names" in result:
        lines.append(Message("flash-image.update-room", size=result["room_for_spoken_names"]))
    lines.append(
        Message(
            "flash-image.built-production"
            if built["build"] == messages.PRODUCTION
            else "flash-image.built-development",
            path=result["output"],
            size=result["bytes"],
        )
    )
    return lines


def read_file(path: Path) -> bytes:
    """Read a file of at most the size of a flash; KodebrikError when it cannot be."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
    if len(data) > _LARGEST:
        raise KodebrikError("flash-file-too-large", ExitCode.BAD_INPUT, path=path)
    return data

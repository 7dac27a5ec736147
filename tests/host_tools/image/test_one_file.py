"""firmware.mpy, the package in one file, as the token's MicroPython imports it."""

import ast
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware
from emulator.errors import FirmwareCrashError
from emulator.session import Emulator
from host_tools.image import one_file
from host_tools.image.image import _compile, build_package, build_tree, load_board, pack

FILESYSTEM = load_board("pico")["filesystem"]
HEAD = Path(firmware.__file__).with_name("one_file.py")


def compiled(source: bytes, name: str = "one_file.py") -> bytes:
    return _compile(HEAD.with_name(name), source, None, False)


def printed(tree: dict[str, bytes], main: str, folder: Path) -> str:
    """Run a main.py on an emulated Pico with these files; give what it prints."""
    image = pack(tree | {"main.py": main.encode()}, FILESYSTEM)
    with Emulator(state=folder / "token", image=image) as token:
        token.plug()
        token.advance(3)
        return token.port.read(1).decode()


def literal(text: str) -> object:
    """Give what the last printed line but the prompt's says."""
    return ast.literal_eval(next(line for line in text.splitlines() if line.startswith("= "))[2:])


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_every_module_and_the_rows_of_every_font_are_found(product: str, tmp_path: Path):
    package = build_package(product, "pico")
    skipped = ("_native.mpy", "one_file.mpy")  # machine code of another processor
    names = [
        "firmware." + path.removesuffix(".mpy").replace("/", ".")
        for path in package
        if path.endswith(".mpy") and not path.endswith(skipped)
    ]
    main = f"""
import gc, sys
found, rows = [], {{}}
for name in {names!r}:
    __import__(name)
    module = sys.modules[name]
    found.append(name)
    if name.endswith("_400"):
        rows[name] = bytes(module.get_ch("7")[0])
    del module
    for other in [other for other in sys.modules if other.startswith("firmware.")]:
        del sys.modules[other]
    for part in dir(sys.modules["firmware"]):  # its modules hang on it too
        if not part.startswith("_") and part not in ("vfs", "BytesIO", "unpack"):
            delattr(sys.modules["firmware"], part)
    gc.collect()
print("=", (sys.modules["firmware"].__path__, found, rows))
"""
    text = printed(build_tree(product, "pico"), main, tmp_path)
    path, found, rows = literal(text)
    assert (path, found) == (one_file.MOUNTED, names)
    assert len(rows) == (3 if product == "kodeoplaeser" else 0)
    for font, glyph in rows.items():
        stored = package[font.removeprefix("firmware.").replace(".", "/") + ".rows"]
        assert glyph in stored, font


def test_an_error_names_the_module_and_its_line(tmp_path: Path):
    files = {
        "broken.mpy": compiled(b"x = 1\n\n\ndef f():\n    return x / 0\n\n\nf()\n", "broken.py"),
        "sub/good.mpy": compiled(b"x = 2\n"),
    }
    tree = {one_file.NAME: one_file.pack(files, HEAD.read_bytes(), compiled)}
    with pytest.raises(FirmwareCrashError) as raised:
        printed(tree, "import firmware.sub.good\nimport firmware.broken\n", tmp_path)
    text = str(raised.value)
    assert 'File "firmware.broken", line 8, in <module>' in text
    assert 'File "firmware.broken", line 5, in f' in text
    assert "ZeroDivisionError" in text


def test_what_is_not_in_it_is_an_import_error_and_an_os_error(tmp_path: Path):
    tree = {
        one_file.NAME: one_file.pack({"a.mpy": compiled(b"x = 1\n")}, HEAD.read_bytes(), compiled)
    }
    main = """
import firmware
found = []
try:
    import firmware.b
except ImportError as error:
    found.append("import")
for path in ("/firmware/b.mpy", "/firmware/a"):
    try:
        open(path, "rb")
    except OSError as error:
        found.append(error.errno)
import firmware.a
print("=", (found, firmware.a.x))
"""
    assert literal(printed(tree, main, tmp_path)) == (["import", 2, 2], 1)


@given(
    st.dictionaries(
        st.from_regex(r"([a-z]{1,8}/){0,2}[a-z]{1,8}\.(mpy|rows)", fullmatch=True),
        st.binary(max_size=3000),
        max_size=12,
    )
)
def test_each_file_lies_where_the_table_says(files: dict[str, bytes]):
    """Read as the head does, not with the packer."""
    files |= {"a.mpy": b"code"}
    heads = []

    def kept(source: bytes) -> bytes:
        heads.append(source)
        return b"M" * (len(source) // 2)

    packed = one_file.pack(files, b"head", kept)
    call = ast.parse(heads[-1]).body[-1].value
    table, size, folders, longest = (ast.literal_eval(argument) for argument in call.args[1:])
    assert table >= len(heads[-1]) // 2
    assert longest == max(len(files[path]) for path in files if path.endswith(".mpy"))
    paths = packed[table : table + size].decode().split("\n")
    assert set(paths[folders:]) == {"/" + path for path in files}
    numbers = struct.unpack_from(f"<{2 * len(files)}I", packed, table + size)
    for number, path in enumerate(paths[folders:]):
        start, end = numbers[number], numbers[number] + numbers[len(files) + number]
        assert packed[start:end] == files[path[1:]]
        for depth in range(2, path.count("/") + 1):
            assert "/".join(path.split("/")[:depth]) in paths[:folders]


def test_loaded_modules_give_their_places_back_and_seldom_ones_do_not(tmp_path: Path):
    """A module that is loaded for good is not found again, and one that is forgotten is."""
    files = {
        "a.mpy": compiled(b"x = 1\n"),
        "sub/__init__.mpy": compiled(b""),
        "sub/seldom.mpy": compiled(b"x = 2\n"),
        "sub/later.mpy": compiled(b"x = 3\n"),
    }
    tree = {one_file.NAME: one_file.pack(files, HEAD.read_bytes(), compiled)}
    main = """
import sys
import firmware.a
import firmware.sub.seldom
firmware.release(("firmware.sub.seldom",))
found = []
for name in ("firmware.a", "firmware.sub.seldom", "firmware.sub.later"):
    if name in sys.modules:
        del sys.modules[name]
    try:
        __import__(name)
        found.append(sys.modules[name].x)
    except ImportError:
        found.append(None)
print("=", found)
"""
    assert literal(printed(tree, main, tmp_path)) == [None, 2, 3]

"""What the emulator compiles for its VM: once, whole, and anew when a source has changed."""

from concurrent.futures import ThreadPoolExecutor

import platformdirs
import pytest

from emulator.errors import EmulatorError
from emulator.mcu import bytecode

MAGIC = b"M\x06"  # MicroPython's bytecode of version 6


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A user without a cache yet."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    bytecode._cache.cache_clear()
    yield tmp_path / "cache"
    bytecode._cache.cache_clear()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "some.py"
    path.write_text("x = 1\n")
    return path


def test_a_source_is_compiled_once(source, cache):
    folder = bytecode.compiled([source])
    assert cache in folder.parents
    (made,) = folder.iterdir()
    assert (made.name, made.read_bytes()[:2]) == ("some.mpy", MAGIC)
    made.write_bytes(b"kept")
    assert bytecode.compiled([source]) == folder
    assert made.read_bytes() == b"kept"


def test_a_changed_source_is_compiled_beside_the_old_one(source):
    folder = bytecode.compiled([source])
    source.write_text("x = 2\n")
    assert bytecode.compiled([source]) != folder


def test_what_was_broken_off_is_gone_on_with(source, tmp_path):
    other = tmp_path / "other.py"
    other.write_text("y = 1\n")
    folder = bytecode.compiled([source, other])
    (folder / "other.mpy").unlink()
    assert bytecode.compiled([source, other]) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["other.mpy", "some.mpy"]


def test_threads_that_compile_the_same_at_once_do_not_meet(source):
    with ThreadPoolExecutor(8) as pool:
        (folder,) = set(pool.map(lambda _: bytecode.compiled([source]), range(8)))
    assert [path.name for path in folder.iterdir()] == ["some.mpy"]


def test_machine_code_is_for_a_processor(source):
    source.write_text(
        "import micropython\n\n@micropython.viper\ndef f(x: int) -> int:\n    return x\n"
    )
    folder = bytecode.compiled([source], machine_code=True)
    assert (folder / "some.mpy").read_bytes()[:2] == MAGIC
    with pytest.raises(EmulatorError, match="invalid arch"):
        bytecode.compiled([source])


def test_a_source_that_does_not_compile_is_an_error(source):
    source.write_text("x = \n")
    with pytest.raises(EmulatorError, match=r"some\.py does not compile"):
        bytecode.compiled([source])


def test_where_the_cache_cannot_be_written_a_folder_of_the_process_serves(source, cache):
    cache.write_text("a file in its place")
    folder = bytecode.compiled([source])
    assert (folder / "some.mpy").exists()
    assert cache not in folder.parents

"""A file that is written over is whole or as it was, whatever fails."""

import os
import resource
import signal
import stat
import threading
from contextlib import contextmanager

import pytest

from host_tools import whole_files
from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError

_SIZE = 40_000  # bytes that a file may have on the "full disk"


@contextmanager
def full_disk():
    """Let no file of this process grow beyond _SIZE: EFBIG, as `ulimit -f` gives it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SIZE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("was", [None, b"good"])
def test_a_full_disk_leaves_what_was_there(tmp_path, was):
    path = tmp_path / "file"
    if was is not None:
        path.write_bytes(was)
    with full_disk(), pytest.raises(KodebrikError) as raised:
        whole_files.write(path, bytes(2 * _SIZE))
    assert raised.value.identifier == "file-unwritable"
    assert str(path) in raised.value.message
    assert [each.read_bytes() for each in tmp_path.iterdir()] == ([] if was is None else [was])


def test_a_file_is_replaced_and_keeps_its_mode_and_its_link(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    whole_files.write(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_that_the_users_mask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        whole_files.write(tmp_path / "file", b"new")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_pipe_is_written_to_as_it_is(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    whole_files.write(pipe, b"content")
    reader.join(60)
    assert got == [b"content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(KodebrikError) as raised:
        whole_files.write(tmp_path / "none" / "file", b"content")
    assert raised.value.exit_code == ExitCode.FILE


def test_a_good_voice_pack_outlives_a_full_disk(tmp_path, capsys):
    pack = tmp_path / "da.kvp"
    assert main(["voice", "build", "--output", str(pack)]) == ExitCode.OK
    good = pack.read_bytes()
    assert len(good) > _SIZE
    for command in (
        ["voice", "build", "--output", str(pack)],
        ["voice", "play", str(pack), *["battery"] * 50, "--wav", str(pack)],
    ):
        with full_disk():
            assert main(command) == ExitCode.FILE
        assert str(pack) in capsys.readouterr().err
        assert pack.read_bytes() == good
    assert list(tmp_path.iterdir()) == [pack]

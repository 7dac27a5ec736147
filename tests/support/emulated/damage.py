"""Damage to the flash of a token that is not running: flipped bits, and a vault that cannot be
written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from littlefs import LittleFS, UserContext

from host_tools.image.image import load_board


@contextmanager
def _disk(path: Path, board: str) -> Iterator[LittleFS]:
    """Open the littlefs file system in a flash file; changes are written back at the end."""
    filesystem = load_board(board)["filesystem"]
    context = UserContext(filesystem["size"])
    context.buffer[:] = path.read_bytes()
    disk = LittleFS(
        context=context,
        mount=False,
        block_size=filesystem["block"],
        block_count=filesystem["size"] // filesystem["block"],
        prog_size=filesystem["program"],
    )
    disk.mount()
    yield disk
    disk.unmount()
    path.write_bytes(bytes(context.buffer))


def flip_a_bit_of_each_slot(path: Path, board: str) -> None:
    """Rewrite each slot file of the vault with one bit changed."""
    with _disk(path, board) as disk:
        slots = [name for name in disk.listdir("/data") if name.startswith("vault.")]
        assert len(slots) == 2
        for name in slots:
            with disk.open(f"/data/{name}", "rb") as file:
                body = bytearray(file.read())
            body[-20] ^= 1
            with disk.open(f"/data/{name}", "wb") as file:
                file.write(body)


def jam(path: Path, board: str) -> None:
    """Put a directory in place of the vault's next slot, so that nothing can be saved."""
    with _disk(path, board) as disk:
        generations = {}
        for name in ("/data/vault.0", "/data/vault.1"):
            with disk.open(name, "rb") as file:
                generations[name] = int.from_bytes(file.read(8)[4:], "little")
        older = min(generations, key=generations.__getitem__)
        disk.remove(older)
        disk.mkdir(older)

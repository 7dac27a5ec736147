"""Bit rot in the flash of a token that is not running."""

from pathlib import Path

from littlefs import LittleFS, UserContext

from host_tools.flashing.image import load_board


def flip_a_bit_of_each_slot(path: Path, board: str) -> None:
    """Rewrite each slot file with one bit changed, as littlefs itself would hold it."""
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
    slots = [name for name in disk.listdir("/data") if name.startswith("vault.")]
    assert len(slots) == 2
    for name in slots:
        with disk.open(f"/data/{name}", "rb") as file:
            body = bytearray(file.read())
        body[-20] ^= 1
        with disk.open(f"/data/{name}", "wb") as file:
            file.write(body)
    path.write_bytes(bytes(context.buffer))

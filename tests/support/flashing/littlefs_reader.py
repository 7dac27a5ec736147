"""Reads a littlefs image with littlefs-python."""

from littlefs import LittleFS, UserContext

_BLOCK = 4096


def mounted(image: bytes) -> LittleFS:
    """Mount an image; LittleFSError when it is none."""
    context = UserContext(len(image))
    context.buffer[:] = image
    disk = LittleFS(
        context=context, mount=False, block_size=_BLOCK, block_count=len(image) // _BLOCK
    )
    disk.mount()
    return disk


def files(image: bytes) -> dict[str, bytes]:
    """Give path and content of every file of an image."""
    disk = mounted(image)
    found = {}
    for folder, _, names in disk.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with disk.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found

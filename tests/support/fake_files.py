"""Files in memory for the journal's tests, which lose power or fail at a chosen operation.

An operation is the making of a directory, the opening of a file for writing, a write, or a close.
`copy_on_write` files change when they are closed, as littlefs does; the others are emptied when
opened and grow with each write, as FAT does.
"""

import errno
import io


class PowerCutError(BaseException):
    """The power is cut; the firmware must not catch this."""


class FakeFiles:
    """Replaces `open` and `os` in the module under test."""

    def __init__(self, copy_on_write: bool):
        """Start with an empty root directory."""
        self.copy_on_write = copy_on_write
        self.directories = {""}
        self.content: dict[str, bytes] = {}
        self.operations = 0
        self.stop_at: int | None = None
        self.mode = "before"  # of the operation that meets the cut: before, torn or after
        self.error: type[BaseException] = PowerCutError
        self.flipped = None  # a path whose writes come out damaged

    def arm(self, operation: int, mode: str, error: type[BaseException] = PowerCutError) -> None:
        """Fail at that operation from now on, counted from 0."""
        self.stop_at, self.mode, self.error = self.operations + operation, mode, error

    def disarm(self) -> None:
        """Let every operation succeed again."""
        self.stop_at = None

    def step(self, act, torn) -> None:
        """Count one operation and do `act`, unless the power is cut at it."""
        number, self.operations = self.operations, self.operations + 1
        if number != self.stop_at:
            act()
            return
        {"before": lambda: None, "torn": torn, "after": act}[self.mode]()
        raise self.error(errno.EIO, "cut")

    def stat(self, path: str) -> tuple:
        """Raise OSError unless the directory or file exists."""
        if path.rstrip("/") not in self.directories and path not in self.content:
            raise OSError(errno.ENOENT, path)
        return ()

    def mkdir(self, path: str) -> None:
        """Make a directory."""
        self.step(lambda: self.directories.add(path), lambda: None)

    def open(self, path: str, mode: str):
        """Open a file for reading or writing whole."""
        if mode == "rb":
            if path not in self.content:
                raise OSError(errno.ENOENT, path)
            return io.BytesIO(self.content[path])
        if path.rsplit("/", 1)[0] not in self.directories:
            raise OSError(errno.ENOENT, path)
        return _Writer(self, path)


class _Writer:
    def __init__(self, files: FakeFiles, path: str):
        self.files, self.path, self.pending = files, path, b""

        def create():
            if not files.copy_on_write or path not in files.content:
                files.content[path] = b""

        files.step(create, create)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or issubclass(kind, OSError):
            self.files.step(lambda: self._commit(self.pending), lambda: None)

    def write(self, data: bytes) -> int:
        if self.path == self.files.flipped:
            data = data[:-1] + bytes((data[-1] ^ 1,))
        self.files.step(lambda: self._append(data), lambda: self._append(data[: len(data) // 2]))
        return len(data)

    def _append(self, data: bytes) -> None:
        self.pending += data
        if not self.files.copy_on_write:
            self.files.content[self.path] = self.pending

    def _commit(self, data: bytes) -> None:
        self.files.content[self.path] = data

"""Files that are encrypted for somebody's public key, in the format of age (C2SP,
age-encryption.org/v1): the receiver opens them with `age --decrypt`. No secret is agreed on."""

import io
from collections.abc import Iterable, Sequence
from typing import IO

from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra


def write(pieces: Iterable[bytes], output: IO[bytes], recipients: Sequence[str]) -> None:
    """Encrypt `pieces` into `output` for every one of `recipients` (age1…), in bounded memory;
    KodebrikError for one that is no public key."""
    with from_extra("not-installed-factory"):
        import pyrage  # noqa: PLC0415 - an extra
    try:
        keys = [pyrage.x25519.Recipient.from_str(text.strip()) for text in recipients]
    except pyrage.RecipientError:
        raise KodebrikError("export-recipient-invalid", ExitCode.USAGE) from None
    source = _Pieces(iter(pieces))
    try:
        pyrage.encrypt_io(source, output, keys)
    except Exception:
        if source.error is not None:  # pyrage words it anew
            raise source.error from None
        raise


class _Pieces(io.RawIOBase):
    """The pieces as a file that is read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._left = b""
        self.error: Exception | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Give at most `size` bytes, none at the end."""
        try:
            while not self._left:
                self._left = next(self._pieces)
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error
            raise
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return taken

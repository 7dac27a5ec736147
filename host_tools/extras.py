"""Packages that come with an extra of the installation (`pip install 'kodebrik[qa]'`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument, Message

OURS = ("emulator", "firmware", "host_tools")


@contextmanager
def from_extra(identifier: str, **arguments: Argument) -> Iterator[None]:
    """Turn the import error of a package that is not installed into the KodebrikError `identifier`,
    whose hint says what to install; the package is its argument `package`.

    An import error inside kodebrik's own packages is a defect and stays what it is.
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in OURS:
            raise
        package = error.name or Message("a-package")
        raise KodebrikError(
            identifier, ExitCode.NOT_INSTALLED, package=package, **arguments
        ) from None

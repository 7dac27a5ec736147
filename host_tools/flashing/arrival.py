"""Waits for a token to answer after it was flashed. Times are seconds of real time."""

import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from typing import Protocol

from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import ports
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.transport import SerialTransport

TIMEOUT = 30.0  # a board starts in two; an operating system sets up the port in a few more
_PAUSE = 0.25  # between two looks


def new_ports(before: Collection[str], awaited: Collection[str] = ()) -> Callable[[], list[str]]:
    """Give a function that lists the ports that may be a token's and were not there `before`, and
    the `awaited` ones that are there: those that were named, and those of restarting boards, whose
    boot loader and MicroPython may be at one port or at two."""

    def find() -> list[str]:
        listed = ports.candidates(ports.devices())
        again = [port for port in awaited if port in listed or _is_there(port)]
        return [*(port for port in listed if port not in before and port not in again), *again]

    return find


def _is_there(port: str) -> bool:
    """Say whether a port is there that the system does not list, such as an emulated token's."""
    return "://" in port or Path(port).exists()


class Firmware(Protocol):
    """What was put on the token."""

    @property
    def product(self) -> str:
        """The product, as the hello names it."""

    @property
    def version(self) -> str:
        """The version, as the hello names it."""


def await_hello(image: Firmware, find: Callable[[], list[str]]) -> Hello | None:
    """Wait until a token on one of the ports that `find` lists answers with product and version of
    `image`; None when no port appears in time.

    KodebrikError when a port appears and no such token answers there.
    """
    deadline = time.monotonic() + TIMEOUT
    failure: KodebrikError | None = None
    while time.monotonic() < deadline:
        for port in find():
            try:
                return _expected(_hello(port), image)
            except KodebrikError as error:  # not up yet, or its port not ours yet
                failure = error
        time.sleep(_PAUSE)
    if failure is not None:
        raise failure
    return None


def no_hello(target: object) -> KodebrikError:
    """Give the error of a board that took everything at `target`, a drive or a port, and whose
    token has not been heard of since."""
    return KodebrikError("flash-no-hello", ExitCode.SILENT, target=str(target))


def _hello(port: str) -> Hello:
    with closing(SerialTransport(port)) as transport:
        return Channel(transport, port).hello()


def is_of(hello: Hello, image: Firmware) -> bool:
    """Say whether product and version of a hello are those of `image`."""
    return (hello.product, hello.version) == (image.product, image.version)


def _expected(hello: Hello, image: Firmware) -> Hello:
    if not is_of(hello, image):
        raise KodebrikError(
            "flash-other-answer",
            ExitCode.CHECK_FAILED,
            product=hello.product,
            version=hello.version,
            wanted_product=image.product,
            wanted=image.version,
        )
    return hello

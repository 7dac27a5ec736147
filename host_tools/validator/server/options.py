"""The server's options, which its processes get through the environment: neither the database's URL
nor a key is part of an argument list."""

import json
import os
from dataclasses import asdict, dataclass

from host_tools.validator.writer.messages import Address

_VARIABLE = "_KODEBRIK_SERVER"


@dataclass(frozen=True)
class Options:
    """The command's options. `key` is the argument of open_key(): a file, a PKCS#11 URI, or
    None."""

    database: str
    key: str | None
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    settings: str | None = None
    certificate: str | None = None
    private_key: str | None = None
    trusted_proxies: str = "127.0.0.1"
    writer: Address | None = None  # of the process that decides checks, with several workers

    def hand_on(self) -> None:
        """Leave the options in the environment, for the processes that are started."""
        os.environ[_VARIABLE] = json.dumps(asdict(self))


def handed_on() -> Options:
    """Give the options that the first process has left."""
    given = json.loads(os.environ[_VARIABLE])
    writer = given.pop("writer")
    return Options(**given, writer=None if writer is None else Address(**writer))

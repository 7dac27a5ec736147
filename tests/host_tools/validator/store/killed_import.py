"""A process that imports a PSKC file, to be killed at any moment."""

from multiprocessing.connection import Connection
from pathlib import Path

from host_tools.exchange import formats
from host_tools.exchange.token_file import ReadOptions
from host_tools.secret import Secret
from host_tools.validator.records import NewTokens
from host_tools.validator.service import Validator
from tests.support.validator.database import MASTER

KEY = Secret(bytes(range(16)))


def work(database: str, file: Path, begun: Connection) -> None:
    """Tell when the work begins; read the file and import its tokens."""
    begun.send(True)
    with formats.opened(file) as opened:
        found = formats.read(opened, ReadOptions(key=KEY))
    with Validator(database, MASTER) as validator:
        validator.import_tokens(NewTokens(found.tokens), actor="test")

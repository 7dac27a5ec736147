"""Importing PSKC files: from the encrypted file's bytes to committed tokens, beside privacyIDEA
with the same file."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from xml.etree import ElementTree

from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.records import NewTokens
from host_tools.validator.service import Validator
from tests.bench.figure import Figure
from tests.bench.references import best
from tests.interop import privacyidea

_KEYS, _KEYS_OF_THE_PEER = 1000, 100  # privacyIDEA takes a minute and more for 1,000
_ROUNDS = 3
_OF_PARSING = 20  # of parsing the file's XML alone
_ENCRYPTION_KEY = Secret(secrets.token_bytes(16))


@cache
def _file(keys: int) -> bytes:
    tokens = [
        KeyPackage(f"{n:012}", Credential("kodebrik", Secret(secrets.token_bytes(20))))
        for n in range(keys)
    ]
    return pskc_writer.write(tokens, key=_ENCRYPTION_KEY)


def _import_seconds(keys: int) -> float:
    """The shortest of some imports of so many keys, each into a new database on SQLite."""
    content, times = _file(keys), []
    for _ in range(_ROUNDS):
        with (
            tempfile.TemporaryDirectory() as folder,
            Validator(f"sqlite:///{folder}/validator.db", LocalKey(Secret(bytes(32)))) as validator,
        ):
            began = time.perf_counter()
            found = formats.read_content(content, ReadOptions(_ENCRYPTION_KEY)).tokens
            count = validator.import_tokens(NewTokens(found), actor="bench")
            times.append(time.perf_counter() - began)
            if count != keys:
                raise RuntimeError(f"{count} of {keys} keys were imported")
    return min(times)


def import_against_parsing() -> Figure:
    """An encrypted file of 1,000 keys into SQLite, in one transaction."""
    name, ours = f"PSKC import of {_KEYS:,} keys, SQLite", _import_seconds(_KEYS)
    parsed = best(lambda: ElementTree.fromstring(_file(_KEYS)))
    return Figure(name, ours, "s", "parsing the XML alone", parsed, _OF_PARSING)


def import_against_privacyidea() -> Figure:
    """The same file into privacyIDEA, over its API."""
    with privacyidea.running() as server:
        began = time.perf_counter()
        server.load(
            "tokens.pskc", _file(_KEYS_OF_THE_PEER), type="pskc", psk=_ENCRYPTION_KEY.reveal().hex()
        )
        theirs = time.perf_counter() - began
    ours = _import_seconds(_KEYS_OF_THE_PEER)
    return Figure(f"PSKC import of {_KEYS_OF_THE_PEER} keys", ours, "s", "privacyIDEA", theirs)


def figures() -> Iterator[Callable[[], Figure]]:
    """List them."""
    yield import_against_parsing
    if privacyidea.installed():
        yield import_against_privacyidea

"""Who asks: the API key of a request, and what its role may do.

A key is taken from `Authorization: Bearer KEY`, `Authorization: Basic` (any name, the key as
password: what a URL like https://any:KEY@host sends, for programs that can be given a URL alone),
`X-API-Key`, and privacyIDEA's `PI-Authorization` or bare `Authorization`.
"""

import base64
import binascii
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from anyio.to_thread import run_sync
from fastapi import HTTPException, Request

from host_tools.validator.http.rate_limits import Buckets, neighbourhood
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.service import Validator

CHECK = frozenset({Role.CHECKER, Role.HELP_DESK, Role.ADMINISTRATOR})
READ = frozenset({Role.AUDITOR, Role.HELP_DESK, Role.ADMINISTRATOR})
CARE = frozenset({Role.HELP_DESK, Role.ADMINISTRATOR})  # tokens and users
RULE = frozenset({Role.ADMINISTRATOR})  # import, deletion, keys
SEE_ALL = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})  # keys, verification of the audit, metrics

_MAX_KEY = 200  # characters; longer ones are nobody's
_KEPT, _MAX_KEPT = 1.0, 1000  # seconds, and keys, that an answer of the validator is used again


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a valid API key."""

    name: str
    role: Role


class Callers:
    """Tells callers by their keys; wrong keys are counted against their address."""

    def __init__(self, validator: Validator, settings: Settings) -> None:
        """One for each worker."""
        self._validator = validator
        self._requests = Buckets(settings.requests_per_second, 2 * settings.requests_per_second)
        self.guesses = Buckets(settings.guesses_per_minute / 60, settings.guesses_per_minute)
        self._kept: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()

    async def caller(self, request: Request) -> Caller | None:
        """Give the owner of the request's key, None when it has none; HTTP error 401 for a wrong
        one, 429 for many."""
        key = presented(request)
        if key is None:
            return None
        address = neighbourhood(client_address(request))
        kept = self._kept.get(_digest(key))
        if (
            kept is None or kept[1] is None
        ):  # others' guesses from this address must not stop who is known already
            self.guesses.take(address, cost=0)
        caller = await self.owner(key)
        if caller is None:
            self.guesses.wait(address)
            raise unauthorised("This API key is unknown or revoked.")
        self._requests.take(caller.name)
        return caller

    def too_many(self, request: Request) -> bool:
        """Say whether the request's address has guessed too often of late."""
        return self.guesses.wait(neighbourhood(client_address(request)), cost=0) > 0

    async def owner(self, key: str) -> Caller | None:
        """Give the owner of `key`. The validator may ask the database, which must not hold up the
        event loop."""
        if len(key) > _MAX_KEY:
            return None
        digest = _digest(key)
        kept = self._kept.get(digest)
        if kept is not None and time.monotonic() - kept[0] < _KEPT:
            return kept[1]
        known = await run_sync(self._validator.authenticate, key)
        caller = Caller(known.name, known.role) if known else None
        self._kept[digest] = (time.monotonic(), caller)
        self._kept.move_to_end(digest)
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return caller


def _digest(key: str) -> bytes:
    return sha256(key.encode(errors="surrogatepass")).digest()


class Allowed:
    """A FastAPI dependency: the caller, if their role is among `roles`."""

    def __init__(self, roles: frozenset[Role]) -> None:
        """`roles` is one of this module's sets."""
        self.roles = roles

    async def __call__(self, request: Request) -> Caller:
        """Give the caller, or HTTP error 401 or 403."""
        callers: Callers = request.app.state.callers
        caller = await callers.caller(request)
        if caller is None:
            raise unauthorised("Give an API key: 'Authorization: Bearer KEY'.")
        if caller.role not in self.roles:
            raise HTTPException(403, f"An API key of role {caller.role} may not do this.")
        return caller


def unauthorised(message: str) -> HTTPException:
    """Make the HTTP error 401."""
    return HTTPException(401, message, headers={"WWW-Authenticate": "Bearer"})


def client_address(request: Request) -> str:
    """Give the address of who asks, as uvicorn knows it (behind a proxy: from the headers of a
    trusted one)."""
    return request.client.host if request.client else "unknown"


def presented(request: Request) -> str | None:
    """Give the API key of a request, None when there is none."""
    key = request.headers.get("x-api-key") or request.headers.get("pi-authorization")
    if key:
        return key.strip()
    scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
    if not scheme:
        return None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""  # a key, and a wrong one
    return value.strip() if scheme.lower() == "bearer" else scheme

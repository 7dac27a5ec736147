"""The API key of a request, and what its role may do.

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

from host_tools.messages.catalogue import Message
from host_tools.validator.http.rate_limits import RateLimit, network_prefix
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.service import Validator

MAY_CHECK = frozenset({Role.CHECKER, Role.HELP_DESK, Role.ADMINISTRATOR})
MAY_READ = frozenset({Role.AUDITOR, Role.HELP_DESK, Role.ADMINISTRATOR})
MAY_MANAGE = frozenset({Role.HELP_DESK, Role.ADMINISTRATOR})  # tokens and users
MAY_ADMINISTER = frozenset({Role.ADMINISTRATOR})  # import, deletion, keys
MAY_AUDIT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})  # verify the audit, list keys, metrics

_MAX_KEY = 200  # characters; no key is longer
_CACHE_SECONDS, _CACHE_KEYS = 1.0, 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a valid API key."""

    name: str
    role: Role


class ApiKeyAuthenticator:
    """Finds the owners of API keys, and limits the wrong keys of each client address.

    The database's answer for a key is reused for one second, so a revoked key may still be accepted
    that long.
    """

    def __init__(self, validator: Validator, settings: Settings) -> None:
        """Make the authenticator of one worker process."""
        self._validator = validator
        self._requests = RateLimit(settings.requests_per_second, 2 * settings.requests_per_second)
        self.guesses = RateLimit(settings.guesses_per_minute / 60, settings.guesses_per_minute)
        self.sign_ins = RateLimit(settings.guesses_per_minute / 60, settings.guesses_per_minute)
        self._cache: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()

    async def caller(self, request: Request) -> Caller | None:
        """Give the owner of the request's key, None when it has no key; raise HTTP error 401 for a
        wrong key, 429 for too many."""
        key = presented_key(request)
        if key is None:
            return None
        address = network_prefix(client_address(request))
        cached = self._cache.get(_digest(key))
        # Wrong keys from this address must not block a caller whose key is already known.
        if cached is None or cached[1] is None:
            self.guesses.take(address, cost=0)
        caller = await self.owner(key)
        if caller is None:
            self.guesses.wait(address)
            raise unauthorised(Message("api-key-refused"))
        self._requests.take(caller.name)
        return caller

    def too_many(self, request: Request) -> bool:
        """Say whether the request's address has used up its allowed number of wrong keys."""
        return self.guesses.wait(network_prefix(client_address(request)), cost=0) > 0

    async def owner(self, key: str) -> Caller | None:
        """Give the owner of `key`, None when it is unknown or revoked."""
        if len(key) > _MAX_KEY:
            return None
        digest = _digest(key)
        cached = self._cache.get(digest)
        if cached is not None and time.monotonic() - cached[0] < _CACHE_SECONDS:
            return cached[1]
        known = await run_sync(self._validator.authenticate, key)
        caller = Caller(known.name, known.role) if known else None
        self._cache[digest] = (time.monotonic(), caller)
        self._cache.move_to_end(digest)
        if len(self._cache) > _CACHE_KEYS:
            self._cache.popitem(last=False)
        return caller


def _digest(key: str) -> bytes:
    return sha256(key.encode(errors="surrogatepass")).digest()


class RequireRole:
    """A FastAPI dependency that gives the caller if their role is among `roles`."""

    def __init__(self, roles: frozenset[Role]) -> None:
        """`roles` is one of this module's sets."""
        self.roles = roles

    async def __call__(self, request: Request) -> Caller:
        """Give the caller, or raise HTTP error 401 or 403."""
        authenticator: ApiKeyAuthenticator = request.app.state.authenticator
        caller = await authenticator.caller(request)
        if caller is None:
            raise unauthorised(Message("api-key-needed"))
        if caller.role not in self.roles:
            raise HTTPException(403, Message("api-key-role-forbidden", role=caller.role))
        return caller


def unauthorised(message: Message) -> HTTPException:
    """Make the HTTP error 401."""
    return HTTPException(401, message, headers={"WWW-Authenticate": "Bearer"})


def client_address(request: Request) -> str:
    """Give the client's IP address; behind a trusted proxy, the one that its headers name."""
    return request.client.host if request.client else "unknown"


def presented_key(request: Request) -> str | None:
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
            return ""  # counts as a wrong key
    return value.strip() if scheme.lower() == "bearer" else scheme

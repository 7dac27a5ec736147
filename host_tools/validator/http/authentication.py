"""The API key of a request, and what its role may do.

A key is taken from `Authorization: Bearer KEY`, `Authorization: Basic` (any name, the key as
password: what a URL like https://any:KEY@host sends, for programs that can be given a URL alone),
`X-API-Key`, and privacyIDEA's `PI-Authorization` or bare `Authorization`.
"""

import asyncio
import base64
import binascii
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from anyio.to_thread import run_sync
from fastapi import HTTPException, Request

from host_tools.messages.catalogue import Message
from host_tools.validator.http.rate_limits import RateLimit, network_prefix
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import ApiKey, Guesser, Role
from host_tools.validator.service import Validator

MAY_CHECK = frozenset({Role.CHECKER, Role.HELP_DESK, Role.ADMINISTRATOR})
MAY_READ = frozenset({Role.AUDITOR, Role.HELP_DESK, Role.ADMINISTRATOR})
MAY_MANAGE = frozenset({Role.HELP_DESK, Role.ADMINISTRATOR})  # tokens and users
MAY_ADMINISTER = frozenset({Role.ADMINISTRATOR})  # import, deletion, keys
MAY_AUDIT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})  # verify the audit, list keys, metrics

_MAX_KEY = 200  # characters; no key is longer
_CACHE_SECONDS, _CACHE_KEYS = 1.0, 1000
_OWNER = "kodebrik.owner"  # in the scope of a request whose key was looked up
GUESS, BEGIN_SIGN_IN = "guess", "sign-in"  # what is counted: keys and codes; sign-ins begun


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a valid API key."""

    name: str
    role: Role


class ApiKeyAuthenticator:
    """Finds the owners of API keys, and limits the guesses of each client's network.

    The database's answer for a right key is reused for one second, so a revoked key may still be
    accepted that long. Guesses are counted in the database, for all workers.
    """

    def __init__(self, validator: Validator, settings: Settings) -> None:
        """Make the authenticator of one worker process."""
        self._validator = validator
        self._requests = RateLimit(settings.requests_per_second, 2 * settings.requests_per_second)
        self._per_minute = settings.guesses_per_minute
        self._cache: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._asked: dict[bytes, asyncio.Task[ApiKey | None]] = {}

    async def caller(self, request: Request) -> Caller | None:
        """Give the owner of the request's key, None when it has no key; raise HTTP error 401 for a
        wrong key, 429 for too many."""
        key = presented_key(request)
        if key is None:
            return None
        caller = await self.owner(request, key)
        if caller is None:
            raise unauthorised(Message("api-key-refused"))
        self._requests.take(caller.name)
        return caller

    def guesser(self, request: Request, kind: str = GUESS) -> Guesser:
        """Give who sends a request, as those are counted who guess."""
        return Guesser(kind, network_prefix(client_address(request)), self._per_minute)

    def count_guess(self, request: Request, kind: str = GUESS) -> None:
        """Count a code that is tried, or something else of that `kind`; TooManyRequestsError when
        the network has none left."""
        self._validator.count_guess(self.guesser(request, kind))

    def give_back(self, request: Request, *kinds: str) -> None:
        """Count what was right no more, of each of these kinds: what is counted until it is known
        to be right."""
        for kind in kinds:
            self._validator.give_back_guess(self.guesser(request, kind))

    async def owner(self, request: Request, key: str) -> Caller | None:
        """Give the owner of `key`, None when it is unknown or revoked: then it counts as a guess,
        once for each request. TooManyRequestsError when the network has none left; that does not
        stop a key that this worker knows to be right."""
        if _OWNER not in request.scope:
            request.scope[_OWNER] = await self._owner(key[: _MAX_KEY + 1], request)
        owner: Caller | None = request.scope[_OWNER]
        return owner

    async def _owner(self, key: str, request: Request) -> Caller | None:
        digest = _digest(key)
        cached = self._cache.get(digest)
        if cached is not None and time.monotonic() - cached[0] < _CACHE_SECONDS:
            return cached[1]
        caller = None if cached is None else await self._known_owner(digest, key)
        if caller is None:
            self._cache.pop(digest, None)
            guesser = self.guesser(request)
            known = await run_sync(self._validator.authenticate_guess, key, guesser)
            if known is None:
                return None
            caller = Caller(known.name, known.role)
        self._cache[digest] = (time.monotonic(), caller)
        self._cache.move_to_end(digest)
        if len(self._cache) > _CACHE_KEYS:
            self._cache.popitem(last=False)
        return caller

    async def _known_owner(self, digest: bytes, key: str) -> Caller | None:
        """Ask whose a key is that was right before: once for all requests that wait for it."""
        asked = self._asked.get(digest)
        if asked is None:
            asked = asyncio.create_task(run_sync(self._validator.authenticate, key))
            self._asked[digest] = asked
            asked.add_done_callback(partial(self._forget, digest))
        known = await asyncio.shield(asked)  # whose request is cut off leaves the others waiting
        return None if known is None else Caller(known.name, known.role)

    def _forget(self, digest: bytes, asked: asyncio.Task[ApiKey | None]) -> None:
        del self._asked[digest]
        if not asked.cancelled():
            asked.exception()  # seen, even when every request that waited was cut off


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

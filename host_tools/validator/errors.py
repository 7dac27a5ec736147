"""The validator's errors by kind, from which the HTTP statuses follow."""

import math

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument


class InvalidError(KodebrikError):
    """A value in the request breaks a rule (HTTP 422)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.BAD_INPUT, **arguments)


class NotFoundError(KodebrikError):
    """The token, user, key or challenge that the request names does not exist (HTTP 404)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.NOT_FOUND, **arguments)


class ConflictError(KodebrikError):
    """The request is valid, but not in the present state of what it names (HTTP 409)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.CONFLICT, **arguments)


class UnavailableError(KodebrikError):
    """The database does not answer, or the queue of checks is full; trying again later may help
    (HTTP 503)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.DATABASE, **arguments)


class WrongKeyError(UnavailableError):
    """The master key does not open the database, for instance since another one replaced it while
    the server ran: nothing can be decided until a restart with the right key (HTTP 503)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        KodebrikError.__init__(self, identifier, ExitCode.WRONG_KEY, **arguments)


class TooManyRequestsError(KodebrikError):
    """Something was asked too often (HTTP 429). `seconds` until it may be asked again."""

    def __init__(self, identifier: str, /, *, seconds: float) -> None:
        """Take the identifier, and the seconds to wait."""
        self.seconds = math.ceil(seconds)
        super().__init__(identifier, ExitCode.BUSY, seconds=self.seconds)


class SessionEndedError(KodebrikError):
    """An app device's session has ended, or there never was one (HTTP 401)."""

    def __init__(self, identifier: str) -> None:
        """Take the identifier alone: whoever has no session is told nothing."""
        super().__init__(identifier, ExitCode.PERMISSION)


class AlteredError(KodebrikError):
    """A row of the database is not as this server has written it (HTTP 500)."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.CHECK_FAILED, **arguments)

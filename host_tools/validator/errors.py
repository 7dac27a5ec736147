"""What the validator refuses, as errors that its interfaces can tell apart."""

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument


class InvalidError(KodebrikError):
    """What was given breaks a rule."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.BAD_INPUT, **arguments)


class NotFoundError(KodebrikError):
    """What was named does not exist."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.NOT_FOUND, **arguments)


class ConflictError(KodebrikError):
    """What was asked does not go with what is."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.CONFLICT, **arguments)


class UnavailableError(KodebrikError):
    """The database does not answer, or more is asked than can be done: trying again later may
    help."""

    def __init__(self, identifier: str, /, **arguments: Argument) -> None:
        """Take identifier and arguments as KodebrikError does."""
        super().__init__(identifier, ExitCode.DATABASE, **arguments)

"""What the validator refuses, as errors that its interfaces can tell apart."""

from host_tools.errors import ExitCode, KodebrikError


class InvalidError(KodebrikError):
    """What was given breaks a rule."""

    def __init__(self, message: str, hint: str) -> None:
        """Both texts are full sentences."""
        super().__init__(message, hint, ExitCode.BAD_INPUT)


class NotFoundError(KodebrikError):
    """What was named does not exist."""

    def __init__(self, message: str, hint: str = "Check it for a slip.") -> None:
        """Both texts are full sentences."""
        super().__init__(message, hint, ExitCode.NOT_FOUND)


class ConflictError(KodebrikError):
    """What was asked does not go with what is."""

    def __init__(self, message: str, hint: str) -> None:
        """Both texts are full sentences."""
        super().__init__(message, hint, ExitCode.CONFLICT)


class UnavailableError(KodebrikError):
    """The database does not answer, or more is asked than can be done: trying again later may
    help."""

    def __init__(self, message: str, hint: str) -> None:
        """Both texts are full sentences."""
        super().__init__(message, hint, ExitCode.DATABASE)

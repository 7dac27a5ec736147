"""What letters and other documents for users are asked to say."""

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import catalogue
from host_tools.validator import public_url


def checked_language(chosen: str) -> str:
    """Give the language that a document is to have; KodebrikError for one without a catalogue."""
    if chosen not in catalogue.LANGUAGES:
        raise KodebrikError(
            "letter-language-unknown",
            ExitCode.USAGE,
            language=chosen,
            choices=", ".join(catalogue.LANGUAGES),
        )
    return chosen


def checked_site(given: str | None, longest: int | None = None) -> str | None:
    """Give the address of a page as people read it; KodebrikError for what is none, or has more
    than `longest` characters."""
    if given is None:
        return None
    try:
        if longest is not None and len(given) > longest:
            raise ValueError(given)
        return public_url.checked(given)
    except ValueError:
        raise KodebrikError("letter-site-invalid", ExitCode.USAGE) from None

"""One name for an exception on both runtimes, whose hierarchies differ in the details."""


def name_of(error) -> str:
    """The class's name, but ValueError for every Unicode error and OSError for each of its
    subclasses."""
    for family in (UnicodeError, OSError):
        if isinstance(error, family):
            return "ValueError" if family is UnicodeError else "OSError"
    return type(error).__name__


def text_of(error) -> str:
    """The first argument as text: str(error) quotes a KeyError's and expands an OSError's on one of
    the two."""
    return str(error.args[0]) if error.args else ""

"""Names and texts of exceptions that are equal on both runtimes, whose hierarchies differ."""


def name_of(error) -> str:
    """Return the class's name, but ValueError for every Unicode error and OSError for its
    subclasses."""
    for family in (UnicodeError, OSError):
        if isinstance(error, family):
            return "ValueError" if family is UnicodeError else "OSError"
    return type(error).__name__


def text_of(error) -> str:
    """Return the first argument as text; str(error) differs between the runtimes for KeyError and
    OSError."""
    return str(error.args[0]) if error.args else ""

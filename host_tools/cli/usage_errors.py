"""What is wrong with a command line, as Typer finds it, as a message of the catalogue."""

import typer

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import validation_errors
from host_tools.messages.catalogue import Message

_INTEGERS = ("int_parsing", "int_from_float", "int_parsing_size")
_NO_COMMAND = "Missing command."  # Typer tells it by this text alone


def usage_error(error: typer.TyperException) -> KodebrikError:
    """Give the error that names the fault, and the command whose help says what is right."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "kodebrik"
    return KodebrikError("usage", ExitCode.USAGE, what=_what(error), command=command)


def _what(error: typer.TyperException) -> str:
    """Typer's classes are private, so their names are compared; its own words for the others."""
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _no_such_option(error)
    if kind == "BadOptionUsage":
        return _option_value(error)
    if kind == "MissingParameter":
        return _missing(error)
    if kind == "BadParameter":
        return _bad_value(error)
    if getattr(error, "message", "") == _NO_COMMAND:
        return Message("usage-no-command")
    return error.format_message()


def _no_such_option(error: typer.TyperException) -> Message:
    name, close = vars(error)["option_name"], vars(error)["possibilities"]
    if close:
        return Message("usage-no-such-option-but", option=name, close=", ".join(sorted(close)))
    return Message("usage-no-such-option", option=name)


def _option_value(error: typer.TyperException) -> Message:
    option = vars(error)["option_name"]
    superfluous = Message("usage-option-without-value", option=option)
    if vars(error)["message"] == superfluous:
        return superfluous
    return Message("usage-option-value-missing", option=option)


def _missing(error: typer.TyperException) -> str:
    parameter = vars(error)["param"]
    if parameter is None or parameter.get_missing_message(ctx=vars(error)["ctx"]):
        return error.format_message()
    is_option = parameter.param_type_name == "option"
    return Message(
        "usage-missing-option" if is_option else "usage-missing-argument",
        name=parameter.get_error_hint(),
    )


def _bad_value(error: typer.TyperException) -> str:
    parameter = vars(error)["param"]
    if parameter is None:
        return error.format_message()
    errors = getattr(error.__cause__, "errors", None)  # pydantic's ValidationError
    first = errors()[0] if errors else None
    if first is not None and parameter.type_descriptor.is_choice:
        return Message(
            "usage-bad-choice",
            name=parameter.get_error_hint(),
            value=str(first["input"]),
            choices=", ".join(repr(str(choice)) for choice in parameter.type_descriptor.choices),
        )
    if first is not None and first["type"] in (*_INTEGERS, "float_parsing"):
        fault: str = Message(
            "usage-no-integer" if first["type"] in _INTEGERS else "usage-no-number",
            value=str(first["input"]),
        )
    else:
        fault = vars(error)["message"] if first is None else validation_errors.fault(first)
    return Message("usage-bad-value", name=parameter.get_error_hint(), what=fault)

"""What pydantic finds wrong with a value, as messages.

The English texts are pydantic's own (pydantic.dev, "Validation Errors"); an error of a type that
is not listed here keeps them in every language.
"""

import re
from collections.abc import Mapping
from typing import Any

from host_tools.messages.catalogue import Argument, Message, listed

# Types of errors that say what the value should be, `input.TYPE`, ...
WANTED = {
    "bool_parsing",
    "bool_type",
    "dict_type",
    "enum",
    "finite_number",
    "float_parsing",
    "float_type",
    "greater_than",
    "greater_than_equal",
    "int_from_float",
    "int_parsing",
    "int_type",
    "less_than",
    "less_than_equal",
    "list_type",
    "literal_error",
    "string_type",
}
# ... and of those that say something else, `input-fault.TYPE`.
FAULTS = {
    "extra_forbidden",
    "int_parsing_size",
    "json_invalid",
    "missing",
    "string_pattern_mismatch",
    "string_too_long",
    "string_too_short",
    "too_long",
    "too_short",
    "value_error",
}
# ... and those of a model, whose class nobody outside knows.
_OBJECTS = {"dataclass_type", "model_attributes_type", "model_type"}
_CHOICE = re.compile("'[^']*'")


def fault(error: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, without a full stop; `error` is one of
    ValidationError.errors()."""
    kind = error["type"]
    if kind in _OBJECTS:
        return Message("input-should-be", wanted=Message("input.object"))
    if kind in WANTED:
        return Message("input-should-be", wanted=wanted(error))
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, ValueError) and isinstance(raised.args[0], Message):
        return raised.args[0]  # of a validator of ours
    if kind in FAULTS:
        return Message("input-fault." + kind, **_arguments(error))
    return str(error["msg"])


def wanted(error: Mapping[str, Any]) -> str:
    """Say what the value should be, as "a valid integer"."""
    kind, raised = error["type"], error.get("ctx", {}).get("error")
    if kind in WANTED:
        return Message("input." + kind, **_arguments(error))
    if kind == "value_error" and isinstance(raised, Exception) and raised.args:
        return str(raised.args[0]) if not isinstance(raised.args[0], str) else raised.args[0]
    return str(error["msg"])


def _arguments(error: Mapping[str, Any]) -> dict[str, Argument]:
    """Give the arguments of an error's message; lengths count, so that plurals are chosen."""
    found: dict[str, Argument] = {}
    for name, value in error.get("ctx", {}).items():
        if name in ("min_length", "max_length"):
            found["count"] = value
        elif name == "expected":
            found[name] = _either(_CHOICE.findall(value))
        elif name == "error":
            found["why"] = value.args[0] if isinstance(value, Exception) else value
        elif isinstance(value, float) and value.is_integer():
            found[name] = int(value)  # pydantic writes no ".0"
        elif isinstance(value, (str, int, float)):
            found[name] = value
    return found


def _either(choices: list[str]) -> str:
    """List choices as "a, b or c"."""
    if len(choices) == 1:
        return choices[0]
    return listed("list-or", [listed("list-comma", choices[:-1]), choices[-1]])

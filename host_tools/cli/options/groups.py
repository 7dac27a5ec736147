"""Option groups: options that several commands share, declared once as the fields of a dataclass.

A command decorated with `option_groups` takes such a dataclass as one parameter. On the command
line and in `--help` its fields are ordinary options of that command, at the parameter's place.

    @dataclass(frozen=True)
    class TokenOptions:
        port: Port = None

    @app.command()
    @option_groups
    def block(token: TokenOptions, as_json: Json = False) -> None: ...
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

Result = TypeVar("Result")


def option_groups(command: Callable[..., Result]) -> Callable[..., Result]:
    """Replace each parameter that is a dataclass by its fields in the signature that Typer reads.

    ValueError when two options of the command would have the same name.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, tuple[type, list[str]]] = {}
    options: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            fields = _options(kind)
            groups[parameter.name] = kind, [field.name for field in fields]
            options += fields
        else:
            annotated = parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY)
            options.append(annotated)

    @functools.wraps(command)
    def expanded(**values: Any) -> Result:
        given = {
            name: kind(**{field: values.pop(field) for field in fields})
            for name, (kind, fields) in groups.items()
        }
        return command(**values, **given)

    del expanded.__wrapped__  # Typer must not look through to the command's own signature
    expanded.__annotations__ = {option.name: option.annotation for option in options}
    expanded.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return expanded


def _options(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]

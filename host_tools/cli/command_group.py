"""Groups of commands and commands whose usage errors are messages of the catalogue.

Typer words "no such command" and "unexpected argument" itself and gives no way to tell them apart,
so both are found here, before it finds them.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message


class Group(TyperGroup):
    """A group that refuses a name that none of its commands has."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As TyperGroup's; KodebrikError for an unknown command, with the names that are close."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            close = ", ".join(map(repr, get_close_matches(name, self.commands)))
            what = (
                Message("usage-no-such-command-but", name=name, close=close)
                if close
                else Message("usage-no-such-command", name=name)
            )
            raise KodebrikError("usage", ExitCode.USAGE, what=what, command=ctx.command_path)
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """A command that refuses arguments that it does not take."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As TyperCommand's; KodebrikError for arguments that are left over."""
        ctx.allow_extra_args = True  # so that they are given back
        try:
            left = super().parse_args(ctx, args)
        except typer.TyperException as error:  # of a missing value it does not know the command
            vars(error)["ctx"] = vars(error).get("ctx") or ctx
            raise
        if left:
            what = Message("usage-extra-arguments", arguments=" ".join(left))
            raise KodebrikError("usage", ExitCode.USAGE, what=what, command=ctx.command_path)
        return left


class CommandGroup(typer.Typer):
    """Where commands are registered, as with typer.Typer."""

    def __init__(self, help: str, **options: Any) -> None:
        """`options` as typer.Typer takes them. Help is plain, without the boxes that a screen
        reader would read out."""
        super().__init__(cls=Group, help=help, rich_markup_mode=None, **options)

    def command(
        self, name: str | None = None, **options: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """As typer.Typer's."""
        return super().command(name, cls=Command, **options)


class Commands(MutableMapping[str, Any]):
    """Commands by name, each imported when it is asked for: most need libraries that others do not.

    What was not asked for costs nothing; a help that lists all imports all.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        """`places` says of each name "module:attribute" below `package`: a function, or a group."""
        self._package, self._places = package, dict(places)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Give a command as Typer makes it; KeyError when there is none of that name."""
        if name not in self._loaded:
            module, _, attribute = self._places[name].partition(":")
            found = getattr(import_module(f"{self._package}.{module}"), attribute)
            alone = CommandGroup(help="")
            if isinstance(found, CommandGroup):
                alone.add_typer(found, name=name)
            else:
                alone.command(name)(found)
            self._loaded[name] = typer.main.get_group(alone).commands[name]
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        """Add a command that is there already."""
        self._places[name], self._loaded[name] = "", command

    def __delitem__(self, name: str) -> None:
        """Remove a command."""
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        """Give the names in their order."""
        return iter(self._places)

    def __len__(self) -> int:
        """Count the commands."""
        return len(self._places)

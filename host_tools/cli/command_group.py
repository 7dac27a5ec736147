"""Groups of commands and commands whose usage errors are messages of the catalogue.

Typer words "no such command" and "unexpected argument" itself and gives no way to tell them apart,
so both are found here, before it finds them.
"""

from collections.abc import Callable
from difflib import get_close_matches
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
        left = super().parse_args(ctx, args)
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

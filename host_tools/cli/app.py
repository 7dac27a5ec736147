"""The command `kodebrik`: its subcommands, and the one place where errors become a message, a hint
and an exit code."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from firmware.version import VERSION
from host_tools import interrupts
from host_tools.cli import defects
from host_tools.cli.command_group import CommandGroup, Commands
from host_tools.cli.output import AnnouncedInterruptError, emit_error, language, plain_asked
from host_tools.cli.usage_errors import usage_error
from host_tools.errors import TOKEN_ERRORS, ExitCode, KodebrikError
from host_tools.messages import catalogue


def _epilog() -> str:
    # Click folds line ends inside a paragraph; \b keeps them.
    lines = [f"{int(exit_code):>3}  {exit_code.meaning}" for exit_code in ExitCode]
    lines.append(f"{TOKEN_ERRORS}+n  The token answered with error n (docs/protocol.md).")
    return "\b\nExit codes:\n" + "\n".join(lines)


_LANG = "--lang"

app = CommandGroup(
    help="Provision, check and emulate hardware tokens that show one-time codes.",
    epilog=_epilog(),
    invoke_without_command=True,
    add_completion=False,
    # main() reports everything; a traceback with locals would show secrets
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"kodebrik {VERSION}")
        raise typer.Exit


def _language(wanted: str | None) -> None:
    if wanted is None:
        return
    if wanted not in catalogue.LANGUAGES:
        raise KodebrikError(
            "language-unknown",
            ExitCode.USAGE,
            language=wanted,
            choices=", ".join(catalogue.LANGUAGES),
        )
    language.set(wanted)


@app.callback()
def _root(
    context: typer.Context,
    lang: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            callback=_language,
            is_eager=True,
            help=f"Language of errors and messages: {', '.join(catalogue.LANGUAGES)}. "
            "Default: from LC_ALL, LC_MESSAGES or LANG.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


# Name of a command: where it is below host_tools/cli/commands.
_COMMANDS = {
    "devices": "token.devices:devices",
    "info": "token.info:info",
    "provision": "token.provision:provision",
    "accounts": "token.accounts:app",
    "clock": "token.clock:app",
    "settings": "token.settings:settings",
    "pin": "token.pin:app",
    "block": "token.states:block",
    "unblock": "token.states:unblock",
    "wipe": "token.states:wipe",
    "selftest": "token.selftest:selftest",
    "keys": "issuer.keys:app",
    "code": "issuer.code:code",
    "emulate": "emulation.emulate:emulate",
    "image": "emulation.image:image",
    "battery": "emulation.battery:battery",
    "flash": "flash.group:app",
    "batch": "batch.group:app",
    "netlist": "hardware.netlist:netlist",
    "case": "hardware.case:case",
    "voice": "emulation.voice:app",
    "inventory": "issuer.inventory:app",
    "import": "server.import_tokens:import_tokens",
    "list": "server.list_tokens:list_tokens",
    "assign": "server.assignment:assign",
    "unassign": "server.assignment:unassign",
    "activate": "server.assignment:activate",
    "letter": "server.letter:letter",
    "backup": "server.backup:backup",
    "restore": "server.backup:restore",
    "upgrade": "server.upgrade:upgrade",
    "server": "server.group:app",
    "audit": "server.audit:app",
    "qa": "qa.group:app",
    "demo": "emulation.demo:demo",
}


def command() -> TyperGroup:
    """Give `kodebrik` with all its commands, each of which is imported when it is asked for."""
    made = typer.main.get_group(app)
    made.commands = Commands("host_tools.cli.commands", _COMMANDS)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run one command line (default: sys.argv), report its error if any, and give the exit code."""
    arguments = _language_first(sys.argv[1:] if arguments is None else arguments)
    language.set(catalogue.choose(os.environ))
    plain_asked.set(False)
    error: KodebrikError
    try:
        with interrupts.kept():
            return _run(arguments)
    except AnnouncedInterruptError:
        return ExitCode.INTERRUPTED
    except KodebrikError as refusal:
        error = refusal
    except typer.TyperException as fault:
        error = usage_error(fault)
    except typer.Abort:
        error = KodebrikError("stopped", ExitCode.INTERRUPTED)
    except KeyboardInterrupt:
        error = KodebrikError("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not fail again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INTERNAL
    except SyntaxError:
        raise  # of a file that was edited: kodebrik.main() names it
    except Exception as fault:  # the last resort
        error = defects.unforeseen(fault, defects.command_path(arguments, _names()))
    emit_error("--json" in arguments, error)
    return error.exit_code


def _run(arguments: list[str]) -> int:
    """Run one command line and give its exit code. Typer gives that of Ctrl-C as a result."""
    result = command().main(arguments, prog_name="kodebrik", standalone_mode=False)
    if result == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.OK


def _names() -> set[str]:
    """Give the names of all commands."""
    found: set[str] = set()
    waiting: list[Any] = [command()]
    while waiting:
        commands = getattr(waiting.pop(), "commands", {})
        found |= set(commands)
        waiting += commands.values()
    return found


def _language_first(arguments: list[str]) -> list[str]:
    """Move --lang and its value to the front, where it is read before anything can be wrong; it may
    stand anywhere before "--"."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for at, argument in enumerate(before):
        if argument == _LANG or argument.startswith(_LANG + "="):
            size = 2 if argument == _LANG else 1
            if at + size > len(before):
                return [_LANG]  # Typer says that its value is missing
            return [*arguments[at : at + size], *arguments[:at], *arguments[at + size :]]
    return arguments

"""The command `kodebrik`: its subcommands, and the one place where errors become a message, a hint
and an exit code."""

import os
import sys
from typing import Annotated

import typer

from firmware.version import VERSION
from host_tools.cli import defects
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.emulation import demo, emulate, image, voice
from host_tools.cli.commands.issuer import code, inventory
from host_tools.cli.commands.issuer import keys as issuer_keys
from host_tools.cli.commands.qa import run, soak, vectors
from host_tools.cli.commands.server import (
    api_key,
    assignment,
    audit,
    backup,
    import_tokens,
    letter,
    list_tokens,
    serve,
    upgrade,
)
from host_tools.cli.commands.server import keys as server_keys
from host_tools.cli.commands.token import (
    accounts,
    clock,
    devices,
    info,
    pin,
    provision,
    selftest,
    settings,
    states,
)
from host_tools.cli.output import emit_error, language, plain_asked
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


app.command()(devices.devices)
app.command()(info.info)
app.command()(provision.provision)
app.add_typer(accounts.app, name="accounts")
app.add_typer(clock.app, name="clock")
app.command()(settings.settings)
app.add_typer(pin.app, name="pin")
app.command()(states.block)
app.command()(states.unblock)
app.command()(states.wipe)
app.command()(selftest.selftest)
app.add_typer(issuer_keys.app, name="keys")
app.command()(code.code)
app.command()(emulate.emulate)
app.command()(image.image)
app.add_typer(voice.app, name="voice")
app.add_typer(inventory.app, name="inventory")
app.command("import")(import_tokens.import_tokens)
app.command("list")(list_tokens.list_tokens)
app.command()(assignment.assign)
app.command()(assignment.unassign)
app.command()(assignment.activate)
app.command()(letter.letter)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(upgrade.upgrade)

_server = CommandGroup(
    help="Start the validation server; manage its keys.", invoke_without_command=True
)
_server.callback()(serve.server)
_server.command("create-key")(server_keys.create_key)
_server.command("rotate-key")(server_keys.rotate_key)
_server.command("change-master-key")(server_keys.change_master_key)
_server.command("api-key")(api_key.api_key)
app.add_typer(_server, name="server")

app.add_typer(audit.app, name="audit")

_qa = CommandGroup(help="Try tokens and servers together: cases, published vectors, years of use.")
_qa.command()(run.run)
_qa.command()(vectors.vectors)
_qa.command()(soak.soak)
app.add_typer(_qa, name="qa")

app.command()(demo.demo)


def main(arguments: list[str] | None = None) -> int:
    """Run one command line (default: sys.argv), report its error if any, and give the exit code."""
    arguments = _language_first(sys.argv[1:] if arguments is None else arguments)
    language.set(catalogue.choose(os.environ))
    plain_asked.set(False)
    error: KodebrikError
    try:
        return _run(arguments)
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
    except Exception as fault:  # the last resort
        error = defects.unforeseen(fault, defects.command_path(arguments, _names()))
    emit_error("--json" in arguments, error)
    return error.exit_code


def _run(arguments: list[str]) -> int:
    """Run one command line and give its exit code. Typer gives that of Ctrl-C as a result."""
    command = typer.main.get_command(app)
    result = command.main(arguments, prog_name="kodebrik", standalone_mode=False)
    if result == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.OK


def _names() -> set[str]:
    """Give the names of all commands."""
    found: set[str] = set()
    waiting = [typer.main.get_command(app)]
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

"""kodebrik qa run: play cases of right and wrong use, and check every verdict."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools import private_files, whole_files
from host_tools.cli.options.qa import Seed
from host_tools.cli.options.token import open_port
from host_tools.cli.output import (
    AnnouncedInterruptError,
    Json,
    ask,
    emit,
    language,
    localized,
    say,
    warn,
)
from host_tools.cli.progress import reporting
from host_tools.desktop.token_folder import emulator_errors
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import ENGLISH, Message
from host_tools.messages.system_errors import reason
from host_tools.secret import Secret

if TYPE_CHECKING:
    from host_tools.qa.cases.schedule import CaseResult
    from host_tools.qa.report.report import Report
    from host_tools.qa.runner import AppPlan, Plan, RealToken
    from host_tools.qa.targets.selection import TargetSelection

_EMULATED = "emulated"
_PRODUCT = "kodeviser"
_CODES = 50  # that a run submits at least
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)


def run(
    token: Annotated[
        str,
        typer.Option(
            metavar="emulated|PORT",
            help="Emulated tokens, or the port of a real one that you press.",
        ),
    ] = _EMULATED,
    product: Annotated[
        str | None,
        typer.Option(help="Which product to emulate: kodeviser (the default) or kodeoplaeser."),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="SERVER",
            help="local (a validator in this process, in virtual time), the URL of a kodebrik "
            "server, privacyidea:URL or radius:HOST[:PORT].",
        ),
    ] = "local",
    codes: Annotated[
        int | None,
        typer.Option(
            help="Submit at least so many codes; every case is played once. Default: 50, with "
            "--case no more than the cases need.",
            min=1,
        ),
    ] = None,
    app: Annotated[
        bool,
        typer.Option(
            "--app",
            help="Play the cases of an app device instead, each once; with a URL the key must "
            "speak for a relying party.",
        ),
    ] = False,
    browser: Annotated[
        str | None,
        typer.Option(
            metavar="chromium|PATH",
            help="With --app: the device is the web app in Chromium, the one that is installed or "
            "the program at a path, instead of one in Python.",
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Play this case alone; may be repeated."),
    ] = None,
    seed: Seed = None,
    tokens: Annotated[
        int, typer.Option(help="Emulated tokens that take turns.", min=2, max=100)
    ] = 4,
    user: Annotated[
        str | None, typer.Option(help="User-ID that the real token is enrolled for.")
    ] = None,
    speak: Annotated[
        bool,
        typer.Option("--speak", help="Of a real token: say aloud when it is to be pressed."),
    ] = False,
    enrol: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The kodebrik server that enrols, when --against cannot (RADIUS)."
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="KODEBRIK_API_KEY_FILE",
            help="An administrator's API key of our server.",
        ),
    ] = None,
    admin: Annotated[
        str | None, typer.Option(metavar="NAME", help="privacyIDEA's administrator.")
    ] = None,
    admin_password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Their password.")
    ] = None,
    radius_secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The secret shared with it.")
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            help="Steps to either side that the server accepts. Default: 1.", min=0, max=10
        ),
    ] = None,
    locks_after: Annotated[
        int | None,
        typer.Option(
            help="Wrong codes in a row that lock a token; 0: none. Default: 3, privacyIDEA 0.",
            min=0,
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            help="In real time: play a case that may have failed for want of time again, so often "
            "at most. Each time is told, and counted in the report.",
            min=0,
            max=10,
        ),
    ] = 2,
    junit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report as JUnit XML into a new file."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the report as a page with pictures and sounds into a new folder.",
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Say what has changed since the run whose --json this file holds."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Play cases of right and wrong use and check every verdict. Exit code 16 when one is not as it
    must be. Ctrl-C ends the run with a report of what was played."""
    with from_extra("not-installed-qa"):
        from host_tools.qa.apps.play import named as named_of_apps  # noqa: PLC0415
        from host_tools.qa.cases import case_list  # noqa: PLC0415
        from host_tools.qa.report import comparison  # noqa: PLC0415
        from host_tools.qa.report import report as reports  # noqa: PLC0415
        from host_tools.qa.report.report import Ended  # noqa: PLC0415
        from host_tools.qa.runner import AppPlan, Plan  # noqa: PLC0415
        from host_tools.qa.targets import selection  # noqa: PLC0415 - an extra
        from host_tools.qa.targets.target import Policy  # noqa: PLC0415

    if token == _EMULATED and (speak or user is not None):
        option = "--speak" if speak else "--user"
        raise KodebrikError("qa-needs-real-token", ExitCode.USAGE, option=option)
    cases = () if app else case_list.named(case or [])
    before = None if compare is None else comparison.load(compare)
    _check_new(junit, html)
    target = replace(
        _target(against, api_key_file, admin, admin_password_file, radius_secret_file, enrol),
        language=ENGLISH if as_json else language.get(),
    )
    if app:
        if token != _EMULATED or not target.ours:
            raise KodebrikError("qa-app-alone", ExitCode.USAGE)
        _refuse_tokens_options(
            {
                "--product": product,
                "--codes": codes,
                "--window": window,
                "--locks-after": locks_after,
            }
        )
    default = selection.default_policy(target)
    policy = Policy(
        default.window if window is None else window,
        default.locks_after if locks_after is None else locks_after,
    )
    if browser is not None and not app:
        raise KodebrikError("qa-browser-needs-app", ExitCode.USAGE)
    seed = secrets.randbelow(10**6) if seed is None else seed
    real_token = None if token == _EMULATED else _real_token(token, user, speak)
    codes = codes or (1 if case else _CODES)
    product = product or _PRODUCT
    plan = Plan(target, policy, codes, seed, product, tokens, real_token, html, cases, retries)

    def show(result: "CaseResult") -> None:
        if not as_json:
            for text in (reports.line(result), *reports.details(result)):
                print(localized(text), flush=True)

    app_cases = named_of_apps(case or []) if app else ()
    app_plan = AppPlan(target, seed, app_cases, browser, html) if app else None
    report = _played(plan, app_plan, show)
    lines = ["", *reports.summary(report), Message("qa.seed", seed=seed)]
    lines += _written(report, junit, html)
    result = reports.as_json(report)
    if before is not None:
        changed = comparison.changes(before, report)
        lines += comparison.lines(before, changed)
        result["changes"] = [asdict(each) for each in changed]
    emit(as_json, result, lines)
    if report.ended is Ended.INTERRUPTED:
        raise AnnouncedInterruptError
    if report.failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _refuse_tokens_options(given: Mapping[str, object]) -> None:
    """Raise KodebrikError for the first option that was given: an app device has no use for it."""
    for option, value in given.items():
        if value is not None:
            raise KodebrikError("qa-needs-token", ExitCode.USAGE, option=option)


def _played(
    plan: "Plan", app_plan: "AppPlan | None", show: Callable[["CaseResult"], None]
) -> "Report":
    """Play the cases, those of app devices if there is a plan for them."""
    from host_tools.qa.runner import Console, run_app  # noqa: PLC0415
    from host_tools.qa.runner import run as run_cases  # noqa: PLC0415 - an extra

    with emulator_errors(), _folder(plan.files), ExitStack() as enrolling:
        bar = (
            enrolling.enter_context(reporting(Message("qa.enrolling")))
            if plan.real_token is None and app_plan is None
            else None
        )

        def enrolled(done: int, total: int) -> None:
            if bar is not None:
                bar(done, total)
            if done == total:
                enrolling.close()  # nothing may stand over what is shown and asked from now on

        console = Console(say, show, enrolled)
        return run_cases(plan, console) if app_plan is None else run_app(app_plan, console)


def _target(
    against: str,
    api_key_file: Path | None,
    admin: str | None,
    admin_password_file: Path | None,
    radius_secret_file: Path | None,
    enrol: str | None,
) -> "TargetSelection":
    from host_tools.qa.targets.privacyidea import Administrator  # noqa: PLC0415
    from host_tools.qa.targets.selection import TargetSelection  # noqa: PLC0415 - an extra

    administrator = None
    if admin is not None:
        if admin_password_file is None:
            raise KodebrikError("qa-password-missing", ExitCode.USAGE)
        administrator = Administrator(admin, _secret(admin_password_file))
    return TargetSelection(
        against,
        None if api_key_file is None else _api_key(api_key_file),
        administrator,
        None if radius_secret_file is None else _secret(radius_secret_file),
        enrol,
    )


def _secret(path: Path) -> Secret:
    text = private_files.read_text(str(path), warn)
    if not text:
        raise KodebrikError("secret-file-empty", ExitCode.BAD_INPUT, path=path)
    return Secret(text.encode())


def _api_key(path: Path) -> Secret:
    """Read a key that goes into a header of HTTP: one line of printable ASCII."""
    key = _secret(path)
    text = key.reveal().decode()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise KodebrikError("api-key-no-line", ExitCode.BAD_INPUT, path=path)
    return key


def _real_token(port: str, user: str | None, speak: bool) -> "RealToken":
    """Ask the port which token it is; its codes are then read by the person who presses it."""
    from host_tools.qa.runner import RealToken  # noqa: PLC0415 - an extra

    if user is None:
        raise KodebrikError("qa-user-missing", ExitCode.USAGE)
    with open_port(port) as (_, hello):
        say(Message("qa.real-token", port=port, product=hello.product, serial=hello.serial))
    asked = _asked_aloud if speak else ask

    def interruptible(question: str) -> str:
        try:
            return asked(question)
        except typer.Abort:
            raise KeyboardInterrupt from None

    return RealToken(hello.product, hello.serial, user, interruptible)


def _asked_aloud(question: str) -> str:
    """Ask as ask() does, and have the operating system's voice say the question."""
    from host_tools.voice.synthesis import pyttsx3  # noqa: PLC0415 - an extra

    pyttsx3.say(localized(question), language.get())
    return ask(question)


def _written(report: "Report", junit: Path | None, html: Path | None) -> list[Message]:
    """Write the report's files; give a line about each."""
    from host_tools.qa.report import html as pages  # noqa: PLC0415 - an extra
    from host_tools.qa.report import junit as xml  # noqa: PLC0415 - an extra

    lines = []
    if junit is not None:
        xml.write(report, junit)
        lines.append(Message("qa.junit", path=junit))
    if html is not None:
        with _folder(html):
            lines.append(Message("qa.page", path=pages.write(report, html)))
    return lines


def _check_new(junit: Path | None, html: Path | None) -> None:
    """Raise KodebrikError when a report could not be written: where there is a file, or a folder
    that is not empty, or none could be made."""
    if junit is not None:
        whole_files.check_new(junit)
    if html is not None:
        _check_new_folder(html)


def _check_new_folder(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise KodebrikError("folder-exists", ExitCode.FILE, path=path)
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise KodebrikError("folder-unwritable", ExitCode.FILE, path=path)


@contextmanager
def _folder(path: Path | None) -> Iterator[None]:
    """Make the folder for pictures and sounds, and remove it with what is in it when the block
    fails, so that no pictures stay without a page. KodebrikError names it when the disk is full."""
    if path is None:
        yield
        return
    there = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        shutil.rmtree(path, ignore_errors=True)
        if there:
            path.mkdir(exist_ok=True)
        if isinstance(error, OSError) and error.errno in _FULL:
            raise KodebrikError(
                "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
            ) from None
        raise

"""kodebrik qa: drive tokens as users do, and compare what servers answer with what they must."""

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.token import open_port
from host_tools.cli.output import Json, ask, emit, say, spoken, warn
from host_tools.cli.progress import reporting
from host_tools.desktop.token_folder import emulator_errors
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, prefixed
from host_tools.secret import Secret

if TYPE_CHECKING:
    from host_tools.qa.cases.schedule import CaseResult
    from host_tools.qa.runner import RealToken
    from host_tools.qa.targets.selection import TargetSelection

app = CommandGroup(help="Try tokens and servers together: cases, published vectors, years of use.")

_EMULATED = "emulated"

Seed = Annotated[
    int | None, typer.Option(help="Repeats a run. Default: drawn, and told in the report.")
]


@app.command()
def run(
    token: Annotated[
        str,
        typer.Option(
            metavar="emulated|PORT",
            help="Emulated tokens, or the port of a real one that you press.",
        ),
    ] = _EMULATED,
    product: Annotated[
        str, typer.Option(help="Which product to emulate: kodeviser or kodeoplaeser.")
    ] = "kodeviser",
    against: Annotated[
        str,
        typer.Option(
            metavar="SERVER",
            help="local (a validator in this process, in virtual time), the URL of a kodebrik "
            "server, privacyidea:URL or radius:HOST[:PORT].",
        ),
    ] = "local",
    codes: Annotated[
        int, typer.Option(help="Submit at least so many codes; every case is played once.", min=1)
    ] = 50,
    seed: Seed = None,
    tokens: Annotated[
        int, typer.Option(help="Emulated tokens that take turns.", min=2, max=100)
    ] = 4,
    user: Annotated[
        str | None, typer.Option(help="User-ID that the real token is enrolled for.")
    ] = None,
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
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as JUnit XML.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the report as a page with pictures and sounds into a new folder.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Play cases of right and wrong use and check every verdict. Exit code 16 when one is not as it
    must be."""
    with _installed():
        from host_tools.qa.report import html as pages  # noqa: PLC0415
        from host_tools.qa.report import junit as xml  # noqa: PLC0415
        from host_tools.qa.report import report as reports  # noqa: PLC0415
        from host_tools.qa.runner import Console, Plan  # noqa: PLC0415
        from host_tools.qa.runner import run as run_cases  # noqa: PLC0415
        from host_tools.qa.targets import selection  # noqa: PLC0415 - an extra
        from host_tools.qa.targets.target import Policy  # noqa: PLC0415

    if html is not None:
        _new_folder(html)
    target = _target(against, api_key_file, admin, admin_password_file, radius_secret_file, enrol)
    default = selection.default_policy(target)
    policy = Policy(
        default.window if window is None else window,
        default.locks_after if locks_after is None else locks_after,
    )
    seed = secrets.randbelow(10**6) if seed is None else seed
    real_token = None if token == _EMULATED else _real_token(token, user)
    plan = Plan(target, policy, codes, seed, product, tokens, real_token, html)

    def show(result: "CaseResult") -> None:
        if not as_json:
            for text in (reports.line(result), *reports.details(result)):
                print(spoken(text), flush=True)

    with reporting(Message("qa.enrolling")) as progress, emulator_errors():
        report = run_cases(plan, Console(say, show, progress))
    lines = ["", *reports.summary(report), Message("qa.seed", seed=seed)]
    if junit is not None:
        xml.write(report, junit)
        lines.append(Message("qa.junit", path=junit))
    if html is not None:
        lines.append(Message("qa.page", path=pages.write(report, html)))
    emit(as_json, reports.as_json(report), lines)
    if report.failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def vectors(
    product: Annotated[
        str, typer.Option(help="Which product to emulate: kodeviser or kodeoplaeser.")
    ] = "kodeviser",
    as_json: Json = False,
) -> None:
    """Try the published vectors of RFC 4226, 6238 and 6287 on the firmware and on the validator."""
    with _installed():
        from host_tools.qa.vectors import runner  # noqa: PLC0415 - an extra

    with reporting(Message("vectors.vectors")) as progress, emulator_errors():
        tried = list(runner.run(product, progress))
    lines: list[str] = []
    rows = []
    for device in (runner.TOKEN, runner.VM, runner.SERVER):
        for rfc in dict.fromkeys(each.vector.rfc for each in tried if each.device == device):
            mine = [each for each in tried if each.device == device and each.vector.rfc == rfc]
            done = [each for each in mine if not each.skipped]
            failed = [each for each in done if not each.passed]
            skipped = Counter(each.skipped for each in mine if each.skipped)
            rows.append(
                {
                    "device": device,
                    "rfc": rfc,
                    "tried": len(done),
                    "failed": [each.vector.name for each in failed],
                    "skipped": dict(skipped),
                }
            )
            lines.append(
                Message(
                    "vectors.right",
                    device=device,
                    rfc=rfc,
                    right=len(done) - len(failed),
                    tried=len(done),
                )
            )
            lines += [
                prefixed("  ", Message("vectors.skipped", number=count, why=why))
                for why, count in skipped.items()
            ]
            lines += [
                prefixed(
                    "  ",
                    Message(
                        "vectors.wrong",
                        name=each.vector.name,
                        expected=each.vector.code,
                        given=each.given or Message("vectors.no-code"),
                    ),
                )
                for each in failed
            ]
    emit(as_json, {"vectors": rows}, lines)
    if any(row["failed"] for row in rows):
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def soak(
    tokens: Annotated[int, typer.Option(help="Size of the fleet.", min=1, max=1_000_000)] = 50,
    years: Annotated[float, typer.Option(help="Virtual years.", min=0.01, max=50)] = 3.0,
    crystal: Annotated[
        str, typer.Option(help="The tokens' clocks: ds3231 or quartz (a bare crystal).")
    ] = "ds3231",
    seed: Seed = None,
    firmware: Annotated[
        int,
        typer.Option(
            help="So many of the tokens run the firmware on its VM beside the clock chip.", min=0
        ),
    ] = 1,
    workers: Annotated[int, typer.Option(help="Processes on this machine.", min=1, max=256)] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="tcp://HOST:PORT", help="Work on the machines of this Dask cluster instead."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw acceptance against drift and window, as SVG."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate a fleet of drifting tokens and their users over years against the server's rule."""
    with _installed():
        from host_tools.qa.soak import report as soak_report  # noqa: PLC0415
        from host_tools.qa.soak import soak as soaking  # noqa: PLC0415 - an extra
        from host_tools.qa.soak.fleet import CRYSTALS  # noqa: PLC0415

    if crystal not in CRYSTALS:
        raise KodebrikError(
            "crystal-unknown", ExitCode.USAGE, crystal=crystal, choices=", ".join(CRYSTALS)
        )
    seed = secrets.randbelow(10**6) if seed is None else seed
    wanted = soaking.Soak(tokens, years, crystal, seed, min(firmware, tokens))
    engine = soaking.processes(workers) if scheduler is None else soaking.dask(scheduler)
    with engine as executor, reporting(Message("soak.slices")) as progress:
        outcome = soaking.run(wanted, executor, progress)
    lines = list(soak_report.lines(outcome))
    if plot is not None:
        plot.write_text(soak_report.plot(outcome), encoding="utf-8")
        lines += ["", Message("soak.plot", path=plot)]
    emit(as_json, soak_report.as_json(outcome), lines)
    if any(tally.differing for tally in outcome.tallies.values()):
        raise typer.Exit(ExitCode.CHECK_FAILED)


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
        None if api_key_file is None else _secret(api_key_file),
        administrator,
        None if radius_secret_file is None else _secret(radius_secret_file),
        enrol,
    )


def _secret(path: Path) -> Secret:
    return Secret(private_files.read_text(str(path), warn).encode())


def _real_token(port: str, user: str | None) -> "RealToken":
    """Ask the port which token it is; its codes are then read by the person who presses it."""
    from host_tools.qa.runner import RealToken  # noqa: PLC0415 - an extra

    if user is None:
        raise KodebrikError("qa-user-missing", ExitCode.USAGE)
    with open_port(port) as (_, hello):
        say(Message("qa.real-token", port=port, product=hello.product, serial=hello.serial))
    return RealToken(hello.product, hello.serial, user, ask)


def _new_folder(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise KodebrikError("folder-exists", ExitCode.FILE, path=path)
    path.mkdir(parents=True, exist_ok=True)


@contextmanager
def _installed() -> Iterator[None]:
    """Say what to install when a part is missing."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("emulator", "firmware", "host_tools"):
            raise
        raise KodebrikError(
            "not-installed-qa", ExitCode.NOT_INSTALLED, package=error.name or Message("a-package")
        ) from None

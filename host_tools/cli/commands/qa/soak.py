"""kodebrik qa soak: simulate a fleet over years."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from host_tools import process_pools, whole_files
from host_tools.cli.options.qa import Seed
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message


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
        typer.Option(
            metavar="FILE", help="Draw acceptance against drift and window as SVG, in a new file."
        ),
    ] = None,
    typists: Annotated[
        int,
        typer.Option(
            help="So many logins of each kind of listener who types a spoken code.", min=0
        ),
    ] = 40,
    as_json: Json = False,
) -> None:
    """Simulate a fleet of drifting tokens and their users over years against the server's rule."""
    if plot is not None:
        whole_files.check_new(plot)
    seed = secrets.randbelow(10**6) if seed is None else seed
    with reporting(
        Message("soak.slices")
    ) as progress:  # also while modules and cluster are awaited
        with from_extra("not-installed-qa"):
            from host_tools.qa.soak import report as soak_report  # noqa: PLC0415
            from host_tools.qa.soak import soak as soaking  # noqa: PLC0415 - an extra
            from host_tools.qa.soak.fleet import CRYSTALS  # noqa: PLC0415
            from host_tools.qa.soak.typist import all_typists  # noqa: PLC0415

        if crystal not in CRYSTALS:
            raise KodebrikError(
                "crystal-unknown", ExitCode.USAGE, crystal=crystal, choices=", ".join(CRYSTALS)
            )
        wanted = soaking.Soak(tokens, years, crystal, seed, min(firmware, tokens))
        engine = process_pools.of(workers) if scheduler is None else soaking.dask(scheduler)
        with engine as executor:
            outcome = soaking.run(wanted, executor, progress)
        listeners = list(all_typists(typists, seed)) if typists else []
    lines = [*soak_report.lines(outcome), *soak_report.typist_lines(listeners)]
    if plot is not None:
        whole_files.write(plot, soak_report.plot(outcome).encode())
        lines += ["", Message("soak.plot", path=plot)]
    figures = soak_report.as_json(outcome) | {"typists": soak_report.typists_json(listeners)}
    emit(as_json, figures, lines)
    if any(tally.differing for tally in outcome.tallies.values()):
        raise typer.Exit(ExitCode.CHECK_FAILED)

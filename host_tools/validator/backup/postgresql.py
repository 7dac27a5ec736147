"""Backup and restoration of a PostgreSQL database, by its own programs pg_dump and pg_restore.

They get the connection in their environment, never as arguments, which everybody can read.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from host_tools.errors import ExitCode, KodebrikError
from host_tools.validator.store import location

_MAGIC = b"PGDMP"  # of the custom format
_KEYS = "data_keys"


def dump(url: str, target: Path) -> None:
    """Write one state of the database into `target`, in pg_dump's custom format."""
    with target.open("wb") as file:
        _run(url, ["pg_dump", "--format=custom", "--no-password"], file)


def is_dump(path: Path) -> bool:
    """Say whether a file is a dump in the custom format."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def master_keys(url: str, source: Path) -> set[str]:
    """Give the identities of the master keys under which a dump's data keys are wrapped."""
    command = ["pg_restore", "--data-only", f"--table={_KEYS}", "--file=-", str(source)]
    lines = _run(url, command, subprocess.PIPE).splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("COPY ")), None)
    if start is None:
        raise KodebrikError("backup-of-something-else", ExitCode.BAD_INPUT, path=source)
    columns = lines[start].partition("(")[2].partition(")")[0].split(", ")
    place = columns.index("master")
    rows = lines[start + 1 : lines.index("\\.", start)]
    return {row.split("\t")[place] for row in rows}


def restore(url: str, source: Path) -> None:
    """Put a dump into an empty database, in one transaction."""
    command = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner"]
    name = location.database_name(url)
    _run(url, [*command, "--no-password", f"--dbname={name}", str(source)], subprocess.PIPE)


def _run(url: str, command: list[str], output: int | IO[bytes]) -> str:
    program = command[0]
    if shutil.which(program) is None:
        raise KodebrikError(
            "postgresql-program-missing",
            ExitCode.NOT_INSTALLED,
            program=program,
            command=" ".join(command),
        )
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        env=os.environ | location.libpq_environment(url),
    )
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise KodebrikError(
            "postgresql-program-failed",
            ExitCode.DATABASE,
            program=program,
            told=told[0].removeprefix(f"{program}: ") if told else str(done.returncode),
        )
    return done.stdout.decode() if done.stdout is not None else ""

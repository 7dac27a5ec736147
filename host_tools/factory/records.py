"""The files that a station writes for each token: its label and its signed test passport.

Each is written once, whole or not at all, from what the inventory has: a station that was killed
before writes them when it goes on.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host_tools import whole_files
from host_tools.factory import label, passport
from host_tools.provisioning.batches import Job


@dataclass(frozen=True)
class Records:
    """A folder with SERIAL.svg and SERIAL.passport.json for each token."""

    folder: Path
    key: Ed25519PrivateKey

    def write(self, job: Job) -> None:
        """Write what is missing of a job that is done; KodebrikError when that cannot be."""
        assert job.serial is not None  # noqa: S101 - a job that is done has a token
        assert job.report is not None  # noqa: S101
        drawn = label.svg(job.serial, job.report["product"])
        signed = passport.sign(passport.statement(job), self.key)
        for name, content in (
            (f"{job.serial}.svg", drawn.encode()),
            (f"{job.serial}.passport.json", signed),
        ):
            _write_missing(self.folder / name, content)


def _write_missing(path: Path, content: bytes) -> None:
    if path.exists():
        return
    whole_files.make_folder(path.parent)
    whole_files.write(path, content)

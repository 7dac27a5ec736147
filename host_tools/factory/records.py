"""The files that a station writes for each token: its label and its signed test passport.

Each is written once, whole or not at all, from what the inventory has: a station that was killed
before writes them when it goes on, and the passport anew of a token that was made again.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host_tools import whole_files
from host_tools.factory import label, passport, record_files
from host_tools.provisioning import batches
from host_tools.provisioning.batches import Job
from host_tools.provisioning.inventory import Inventory


@dataclass(frozen=True)
class Records:
    """A folder with SERIAL.svg and SERIAL.passport.json for each token."""

    folder: Path
    key: Ed25519PrivateKey

    def write(self, inventory: Inventory, job: Job) -> bool:
        """Write what is missing of a job that is done, and note where; say whether anything was.
        KodebrikError when that cannot be."""
        assert job.serial is not None  # noqa: S101 - a job that is done has a token
        assert job.report is not None  # noqa: S101
        drawn = record_files.label(self.folder, job.serial)
        signed = record_files.passport(self.folder, job.serial)
        whole_files.make_folder(self.folder)
        stated = passport.statement(job)
        is_drawn = record_files.is_written(drawn)
        is_signed = record_files.is_written(signed) and _states(signed, stated)
        if not is_drawn:
            whole_files.write(drawn, label.svg(job.serial, job.report["product"]).encode())
        if not is_signed:
            whole_files.write(signed, passport.sign(stated, self.key))
        is_missing = not (is_drawn and is_signed)
        if is_missing or job.records is None:
            batches.note_records(inventory, job, record_files.place(self.folder))
        return is_missing


def _states(path: Path, stated: dict[str, Any]) -> bool:
    """Say whether a passport that is there is the one of this making of the token."""
    try:
        fields = json.loads(passport.content(path))
    except ValueError:
        return False
    return isinstance(fields, dict) and fields.get("passport") == stated

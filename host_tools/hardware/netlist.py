"""The netlist of a circuit in KiCad's format, and an electrical rule check of it, both by SKiDL.

SKiDL is an extra, and runs as a program of its own (skidl_program.py).
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from host_tools.errors import ExitCode, KodebrikError
from host_tools.hardware.circuit import Circuit

_PROGRAM = Path(__file__).with_name("skidl_program.py")


class Checked(NamedTuple):
    """What the rule check found, in SKiDL's English words, and the netlist."""

    findings: list[str]
    netlist: str


def check(circuit: Circuit) -> Checked:
    """Check a circuit's electrical rules and make its netlist."""
    if find_spec("skidl") is None:
        raise KodebrikError("not-installed-hardware", ExitCode.NOT_INSTALLED, package="skidl")
    parts = [
        {
            "ref": part.ref,
            "title": part.title,
            "number": part.number,
            "footprint": part.footprint,
            "pins": [[pin.name, pin.kind.value, pin.net] for pin in part.pins],
        }
        for part in circuit.parts.values()
    ]
    # Without a name for KiCad's folders SKiDL warns of each of them.
    folders = {f"KICAD{version}_SYMBOL_DIR": "/" for version in ("", 6, 7, 8, 9, 10)}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(_PROGRAM)],
            input=json.dumps({"parts": parts}),
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | folders,
            check=False,
        )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [str(done.returncode)]
        raise KodebrikError("netlist-failed", ExitCode.INTERNAL, reason=reason[0])
    # SKiDL may print before our line.
    told = json.loads(done.stdout.splitlines()[-1])
    return Checked(told["findings"], told["netlist"])

"""Run in a process of its own, in a folder that goes again: SKiDL makes a netlist of a circuit and
checks its electrical rules. It reads JSON from standard input and writes JSON to standard output.

In: {"parts": [{"ref", "title", "number", "footprint", "pins": [[name, kind, net], …]}, …]}; pins
are numbered as they come. Out: {"findings": [text, …], "netlist": text, in KiCad's format}.

It imports nothing of kodebrik. SKiDL writes files where it runs, and loads InSpice, which is under
the GPL: both stay in here.
"""

import json
import logging
import sys

import skidl
from skidl.pin import pin_types

KINDS = {
    "power output": pin_types.PWROUT,
    "power input": pin_types.PWRIN,
    "output": pin_types.OUTPUT,
    "input": pin_types.INPUT,
    "bidirectional": pin_types.BIDIR,
    "passive": pin_types.PASSIVE,
    "not connected": pin_types.NOCONNECT,
}


class Findings(logging.Handler):
    """Keeps what a check warns of."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a warning or an error."""
        self.texts.append(record.getMessage())


def main() -> None:
    """Read a circuit and write what is to say of it."""
    told = json.load(sys.stdin)
    circuit = skidl.Circuit()
    skidl.empty_footprint_handler = lambda part: None  # of modules that are wired by hand
    nets: dict[str, skidl.Net] = {}
    for data in told["parts"]:
        pins = [
            skidl.Pin(num=str(number), name=name, func=KINDS[kind])
            for number, (name, kind, _) in enumerate(data["pins"], 1)
        ]
        part = skidl.Part(
            name=data["title"],
            ref=data["ref"],
            tag=data["ref"],
            tool=skidl.SKIDL,
            dest=skidl.NETLIST,
            circuit=circuit,
            value=data["number"] or data["title"],
            footprint=data["footprint"],
            pins=pins,
        )
        for number, (_, _, name) in enumerate(data["pins"], 1):
            if name:
                if name not in nets:
                    nets[name] = skidl.Net(name, circuit=circuit)
                nets[name] += part[str(number)]
    found = Findings()
    logging.getLogger("ERC_Logger").addHandler(found)
    circuit.ERC()
    netlist = circuit.generate_netlist(tool=skidl.KICAD9)
    json.dump({"findings": found.texts, "netlist": netlist}, sys.stdout)


if __name__ == "__main__":
    main()

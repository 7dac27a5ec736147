"""The electrical rule check finds what is planted and nothing else; the netlist is the circuit."""

import re
from dataclasses import replace

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.hardware import netlist
from host_tools.hardware.circuit import BOARD, Circuit, Pin, circuit
from host_tools.hardware.parts import GROUND, Kind
from tests.host_tools.hardware.tokens import ALL


def _changed(whole: Circuit, ref: str, name: str, **changes: object) -> Circuit:
    """Give the circuit with one pin of a part changed."""
    pins = [pin._replace(**changes) if pin.name == name else pin for pin in whole.parts[ref].pins]
    assert pins != list(whole.parts[ref].pins)
    whole.parts[ref] = replace(whole.parts[ref], pins=tuple(pins))
    return whole


def _nets(text: str) -> dict[str, set[tuple[str, str]]]:
    """Read the nets of a KiCad netlist: the reference and pin number of each node."""
    found = {}
    for block in re.split(r"\(net\s", text)[1:]:
        name = re.search(r'\(name "([^"]*)"\)', block)[1]
        nodes = re.findall(r'\(node\s+\(ref "([^"]*)"\)\s+\(pin "([^"]*)"\)', block)
        found[name] = set(nodes)
    return found


@pytest.mark.parametrize(("board", "product"), ALL)
def test_every_token_s_circuit_keeps_the_rules_and_is_what_the_netlist_says(board, product):
    whole = circuit(board, product)
    checked = netlist.check(whole)
    assert checked.findings == []
    numbers = {
        (part.ref, pin.name): str(number)
        for part in whole.parts.values()
        for number, pin in enumerate(part.pins, 1)
    }
    wanted = {
        name: {(ref, numbers[ref, pin]) for ref, pin in pins} for name, pins in whole.nets.items()
    }
    assert _nets(checked.netlist) == wanted


def test_two_outputs_on_a_net_are_found():
    whole = _changed(circuit("pico", "kodeoplaeser"), "AMPLIFIER", "SD", kind=Kind.OUTPUT)
    assert Pin("GP12, pin 16", Kind.OUTPUT, "GPIO 12") in whole.parts[BOARD].pins
    found = netlist.check(whole).findings
    assert len(found) == 1
    assert "Pin conflict on net GPIO 12" in found[0]


def test_a_power_pin_without_a_wire_is_found():
    whole = _changed(circuit("pico", "kodeviser"), "CLOCK", "VIN", net="")
    found = netlist.check(whole).findings
    assert len(found) == 1
    assert "Unconnected pin" in found[0]
    assert "1/VIN of" in found[0]
    assert "CLOCK" in found[0]


def test_a_supply_that_nothing_feeds_is_found():
    whole = _changed(circuit("pico", "kodeoplaeser"), "D2", "cathode", kind=Kind.PASSIVE)
    found = netlist.check(whole).findings
    assert found
    assert all("Insufficient drive current on net VSYS" in each for each in found)


def test_a_wire_with_one_end_and_a_wired_open_pin_are_found():
    whole = _changed(circuit("pico", "kodeviser"), "CLOCK", "SQW", net=GROUND)
    assert any("SQW" in each for each in netlist.check(whole).findings)
    whole = circuit("pico", "kodeviser")
    button = whole.parts["BUTTON"]
    pins = (*button.pins, Pin("3", Kind.PASSIVE, "NOWHERE"))
    whole.parts["BUTTON"] = replace(button, pins=pins)
    assert any("NOWHERE" in each for each in netlist.check(whole).findings)


def test_parts_with_a_footprint_are_numbered_as_their_data_sheets_do():
    """SOT-23: 1 gate, 2 source, 3 drain; BAT54C: anodes 1 and 2, cathode 3; DO-41: 1 cathode; the
    MCP73832's SOT-23-5 by its data sheet, "Package Types"."""
    parts = circuit("pico", "kodeviser").parts
    names = {ref: [pin.name for pin in parts[ref].pins] for ref in ("Q1", "Q2", "D1", "D2")}
    assert names["Q1"] == names["Q2"] == ["gate", "source", "drain"]
    assert names["D1"] == ["anode 1", "anode 2", "cathode"]
    assert names["D2"] == ["cathode", "anode"]
    charger = [pin.name for pin in parts["CHARGER"].pins]
    assert charger == ["STAT", "VSS", "VBAT", "VDD", "PROG"]
    others = ("CHARGER", "R1", "R3", "R4", "R5", "R7", "C1", "C2", "C3")
    assert all(parts[ref].footprint for ref in (*names, *others))


def test_without_skidl_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(netlist, "find_spec", lambda name: None)
    with pytest.raises(KodebrikError) as refused:
        netlist.check(circuit("pico", "kodeviser"))
    assert refused.value.exit_code == ExitCode.NOT_INSTALLED
    assert "kodebrik[hardware]" in refused.value.hint


def test_a_program_that_fails_is_reported(monkeypatch, tmp_path):
    program = tmp_path / "fails.py"
    program.write_text("raise SystemExit('no circuit today')")
    monkeypatch.setattr(netlist, "_PROGRAM", program)
    with pytest.raises(KodebrikError, match="no circuit today"):
        netlist.check(circuit("pico", "kodeviser"))

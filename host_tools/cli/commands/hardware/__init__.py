"""Commands for whoever builds a token: netlist, case."""

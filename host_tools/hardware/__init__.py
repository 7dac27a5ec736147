"""The circuit around a board, as data: parts, nets, wiring pictures, netlists."""

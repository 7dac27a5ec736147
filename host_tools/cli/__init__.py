"""The `kodebrik` command line: a thin skin over the other folders."""

from host_tools.cli.app import main

__all__ = ["main"]

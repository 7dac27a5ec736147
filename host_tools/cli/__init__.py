"""The `kodebrik` command line: a thin skin over the other folders."""

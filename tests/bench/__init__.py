"""Benchmarks: figures against a peer or a limit, all in one run. `make bench`, or `python -m
tests.bench --json`."""

"""Driver functions that run under both runtimes of tests/runtime.py: plain literals in, plain literals out."""

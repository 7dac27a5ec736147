"""Tests of host_tools/flashing."""

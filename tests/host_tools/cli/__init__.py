"""Tests of host_tools/cli."""

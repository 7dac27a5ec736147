"""Tests of host_tools/qa."""

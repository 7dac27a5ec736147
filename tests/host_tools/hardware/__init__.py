"""Tests of host_tools/hardware."""

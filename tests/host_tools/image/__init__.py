"""Tests of host_tools/image."""

"""Tests of host_tools/link."""

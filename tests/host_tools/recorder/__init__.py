"""Tests of host_tools/recorder."""

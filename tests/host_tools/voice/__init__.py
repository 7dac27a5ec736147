"""Tests of host_tools/voice."""

"""Tests of host_tools/exchange."""

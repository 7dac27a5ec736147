"""Tests of host_tools/cli/commands/flash."""

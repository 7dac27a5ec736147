"""Tests of host_tools/provisioning."""

"""Tests of host_tools/validator/server."""

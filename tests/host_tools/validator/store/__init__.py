"""Tests of host_tools/validator/store."""

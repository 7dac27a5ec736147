"""Tests of host_tools/validator/operations."""

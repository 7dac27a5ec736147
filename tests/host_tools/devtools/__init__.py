"""Tests of host_tools/devtools."""

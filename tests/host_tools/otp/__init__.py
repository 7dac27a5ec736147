"""Tests of host_tools/otp."""

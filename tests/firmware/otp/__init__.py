"""Tests of firmware/otp."""

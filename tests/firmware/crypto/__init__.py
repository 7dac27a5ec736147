"""Tests of firmware/crypto."""

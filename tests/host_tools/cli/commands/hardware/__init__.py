"""Tests of the commands for whoever builds a token."""

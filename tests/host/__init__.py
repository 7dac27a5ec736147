"""Tests of the host tools: the link's client, credentials and keys, and the command line."""

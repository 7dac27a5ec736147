"""Tests of the server's interfaces: REST, privacyIDEA's, RADIUS, notices and the web site."""

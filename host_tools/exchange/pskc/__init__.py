"""Portable Symmetric Key Containers (PSKC, RFC 6030): reading and writing."""

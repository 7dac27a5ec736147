"""Issuer and access keys, the inventory, serial numbers, and clock drift and accuracy."""

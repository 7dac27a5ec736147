"""Credentials, issuer keys and the rules for provisioning them."""

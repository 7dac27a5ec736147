"""Ids, codes and access tokens that are random and say nothing: who names one is its holder.

The database holds their SHA-256 alone; 256 random bits need no slower hash.
"""

import hashlib
import secrets

from host_tools.secret import Secret

_BYTES = 32


def draw() -> Secret:
    """Draw one: 43 characters of base64url."""
    return Secret(secrets.token_urlsafe(_BYTES).encode())


def hashed(opaque: Secret) -> bytes:
    """Give what the database holds of one."""
    return hashlib.sha256(opaque.reveal()).digest()

"""The REST interface under /v1, privacyIDEA's /validate/check, and health."""

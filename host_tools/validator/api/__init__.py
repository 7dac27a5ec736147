"""The server's interfaces over HTTP: REST under /v1, privacyIDEA's /validate/check, metrics and health."""

"""One-time codes on the host: HOTP, TOTP and OCRA, credentials and the text forms of secrets."""

"""Serial transports and the authenticated session with a token."""

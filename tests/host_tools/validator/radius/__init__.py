"""The RADIUS server."""

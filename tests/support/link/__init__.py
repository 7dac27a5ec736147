"""The firmware's end of the link on either runtime, and a host for it."""

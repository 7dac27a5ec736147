"""A whole token on its serial port."""

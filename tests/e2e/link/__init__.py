"""The whole token at its serial port."""

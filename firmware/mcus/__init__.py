"""What the pins of each microcontroller can do, for those who check a board file; no token carries
it."""

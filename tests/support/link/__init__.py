"""The link in tests: the firmware's end on either runtime, a host for it, and serial ports."""

"""End-to-end tests: the firmware on its VM, read by pixels and sound, set up by the host tools."""

"""End-to-end tests: the firmware on its VM, set up by the host tools, observed by pixels and
sound."""

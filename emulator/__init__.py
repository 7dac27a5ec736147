"""Desktop emulator: the unmodified firmware on the real MicroPython VM, with emulated chips."""

"""Desktop emulator: the unmodified firmware on the real MicroPython VM, with every chip emulated at
its bus."""

"""The emulated microcontroller: the VM process and its peripherals (pins, buses, I2S, timers,
flash)."""

"""What is flashed on a token: runs on MicroPython, on the board and in the emulator alike."""

"""Tests of the emulator itself: clock, flash, chips, shims, session, lines and scenarios."""

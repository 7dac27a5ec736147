"""How long a test waits for another program, in real seconds: for one that hangs, never for one that
is slow."""

REAL_LIMIT = 120

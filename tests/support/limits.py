"""How long a test waits for another program, in real seconds: long enough for a slow one, so that
only one that hangs reaches it."""

REAL_LIMIT = 120

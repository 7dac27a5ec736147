"""Time-outs for other programs in tests, in real seconds: so long that only a program that hangs
reaches them."""

REAL_LIMIT = 120

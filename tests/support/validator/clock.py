"""The validator's time in tests."""

START = 1_800_000_000.0  # Unix seconds; the first of a 30 s and of a 60 s step


class VirtualClock:
    """Time that advances only when a test says so."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

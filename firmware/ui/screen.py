"""What every screen has. Times are milliseconds of time.ticks_ms()."""


class Screen:
    """One thing to show. `refresh_ms` is how often it wants to be drawn again, None for never."""

    refresh_ms: int | None = None

    def draw(self, canvas, now) -> None:
        """Draw on an empty canvas; what has nothing to draw leaves it empty."""

    def pressed(self, now):
        """Return the screen that follows a short press, or nothing for switching off."""

    def stands(self) -> bool:
        """Return False once the host took away what this shows."""
        return True

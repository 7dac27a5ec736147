"""What every screen has. Times are milliseconds of time.ticks_ms()."""

if False:
    from firmware.interfaces import Canvas, Ticks  # type: ignore[unreachable]
    from firmware.interfaces import Screen as AnyScreen


class Screen:
    """One thing to show. `refresh_ms` is how often it wants to be drawn again, None for never."""

    refresh_ms: int | None = None

    def draw(self, canvas: "Canvas", now: "Ticks") -> None:
        """Draw on an empty canvas; a screen with nothing to draw leaves it empty."""

    def pressed(self, now: "Ticks") -> "AnyScreen | None":
        """Return the screen that follows a short press of the only button; None turns the token
        off."""
        return None

    def still_valid(self) -> bool:
        """Return False once the host took away what this shows."""
        return True

"""The loudspeaker's amplifier (MAX98357A). Its enable pin SD_MODE is high to play, low to sleep."""

from machine import Pin


def from_board(part: dict, bus: object, product: dict) -> "Amplifier":
    """Return the amplifier that the board data describes."""
    return Amplifier(part["pin"])


class Amplifier:
    """`on()` and `off()` may be called from an interrupt handler."""

    def __init__(self, pin_number: int):
        """Open the pin; the amplifier starts asleep."""
        self.pin = Pin(pin_number, Pin.OUT, value=0)

    def on(self) -> None:
        """Wake the amplifier; it plays from 7.5 ms later (data sheet, "Turn-On Time")."""
        self.pin.value(1)

    def off(self) -> None:
        """Silence the loudspeaker."""
        self.pin.value(0)

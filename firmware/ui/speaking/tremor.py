"""Presses that only a trembling hand makes, and the offer of a key delay after two of them. What
counts as one stands in keymap.py. Times are milliseconds of time.ticks_ms()."""

import time

from firmware.ui.speaking.keymap import REPEATED, TREMOR_MS

if False:
    from firmware.interfaces import Interaction, Ticks  # type: ignore[unreachable]

_OFFER = "offer"  # a deadline: nothing was pressed or said for so long that the delay is offered
_PRESSES = 2


class Tremor:
    """Counts such presses since the token was turned on."""

    def __init__(self, interaction: "Interaction"):
        """Offer the delay by this interaction."""
        self._interaction = interaction
        self._last: tuple = ("", 0)  # the last key that went down, and when
        self._once = False  # whether what it did is not done twice on purpose
        self._presses = 0
        self._offered = False

    def down(self, key: str, at: "Ticks") -> None:
        """Note that a key goes down."""
        last, when = self._last
        self._last = (key, at)
        if self._once and key == last and 0 <= time.ticks_diff(at, when) < TREMOR_MS:
            self.trembled()
        self._once = False
        self.wait()

    def did(self, name: str | None) -> None:
        """Note what that key did: a method of the screen, a function, or nothing."""
        self._once = name not in REPEATED

    def trembled(self) -> None:
        """Count a press."""
        self._presses += 1

    def wait(self) -> None:
        """Count the time to the offer from now on, where there is one to make."""
        if self._presses < _PRESSES or self._offered:
            return
        app = self._interaction.app
        values = self._interaction.preferences.values
        if values["key_delay"] == 0:
            typing = max(values["typing_time"], app.product["settings"]["typing_time"])
            app.after(_OFFER, typing * 1000, self._offer)

    def forget(self) -> None:
        """Begin anew: the token goes off."""
        self._presses = 0
        self._once = self._offered = False

    def _offer(self) -> None:
        interaction = self._interaction
        view = interaction.app.screen
        if view is None or not view.interruptible or interaction.preferences.values["key_delay"]:
            return  # the next key or word counts the time anew
        if interaction.speaking():
            self.wait()
            return
        from firmware.ui.speaking.unasked import KeyDelayOffer

        self._offered = True
        interaction.app.show(KeyDelayOffer(interaction.app, view))

"""Presses that only a trembling hand makes, and the offer of a key delay after two of them. What
counts as one stands in keymap.py. Times are milliseconds of time.ticks_ms()."""

from firmware.ui.speaking.keymap import REPEATED, TREMOR_MS
from firmware.ui.speaking.preferences import DELAY_UNIT

if False:
    from firmware.interfaces import Any, Interaction, Screen  # type: ignore[unreachable]

# The screen of the offer, and a deadline: nothing was pressed or said for so long that it is made.
_OFFER = "offer"
_PRESSES = 2


class Tremor:
    """Counts such presses since the token was turned on."""

    def __init__(self, interaction: "Interaction"):
        """Offer the delay by this interaction."""
        self._interaction = interaction
        self._once = False  # whether what it did is not done twice on purpose
        self._presses = 0
        self._longest = 0  # time from touch to touch
        self._offered = False

    def down(self, apart: int) -> None:
        """Note that a key goes down, so long after the same key, or -1 after another."""
        if self._once:
            self.trembled(apart)
        self._once = False
        self.wait()

    def did(self, name: str | None) -> None:
        """Note what that key did: a method of the screen, a function, or nothing."""
        self._once = name not in REPEATED

    def trembled(self, apart: int) -> bool:
        """Return whether two touches so far apart are one press of a hand that trembles, and count
        it."""
        if not 0 <= apart < TREMOR_MS:
            return False
        self._presses += 1
        self._longest = max(self._longest, apart)
        self.wait()
        return True

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
        self._presses = self._longest = 0
        self._once = self._offered = False

    def _offer(self) -> None:
        interaction = self._interaction
        view = interaction.app.screen
        if view is None or not view.interruptible or interaction.preferences.values["key_delay"]:
            return  # the next key or word counts the time anew
        if interaction.speaking():
            self.wait()
            return
        from firmware.ui.speaking.unasked import Unasked

        self._offered = True
        offer: Any = Unasked(interaction.app, view, ["key_delay", "0"], ["star", "up"])
        offer.kind = _OFFER
        offer.accept = self._accept
        interaction.app.show(offer)

    def _accept(self, key: str) -> "Screen":
        """Return the key delay's page with the shortest one set that is longer than the time from
        touch to touch, or the longest."""
        from firmware.ui.speaking.functions import setting

        interaction = self._interaction
        steps = interaction.app.product["steps"]["key_delay"]
        delay = min([step for step in steps if step * DELAY_UNIT > self._longest] or [steps[-1]])
        interaction.preferences.change("key_delay", delay)
        return setting(interaction, "key_delay", 0)

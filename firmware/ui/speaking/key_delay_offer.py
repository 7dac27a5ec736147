"""The offer of a key delay. Imported when it is made."""

from firmware.ui.speaking.functions import setting
from firmware.ui.speaking.preferences import DELAY_UNIT
from firmware.ui.speaking.unasked import Unasked
from firmware.ui.speaking.view import View

if False:
    from firmware.interfaces import Any, App, Screen  # type: ignore[unreachable]


class KeyDelayOffer(Unasked):
    """Offers a key delay to a hand that trembles."""

    kind = "offer"

    def __init__(self, app: "App", below: View, apart: int):
        """Offer over a view to a hand whose touches are so many milliseconds apart."""
        Unasked.__init__(self, app, below, ["key_delay", "0"], ["star", "up"])
        self._apart = apart

    def accept(self, key: str) -> "Screen":
        """Return the key delay's page with the shortest one set that is longer, or the longest."""
        interaction: Any = self.app.interaction
        steps = self.app.product["steps"]["key_delay"]
        delay = min([step for step in steps if step * DELAY_UNIT > self._apart] or [steps[-1]])
        interaction.preferences.change("key_delay", delay)
        return setting(interaction, "key_delay", 0)

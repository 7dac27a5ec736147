"""What is shown before a counted code. Imported for an account that counts."""

from firmware.ui.speaking.view import MessageView, View


class PendingCode(View):
    """A code was asked for and is given when no second press follows, for a counter moves with
    it."""

    kind = "pending"

    def from_start(self) -> View:
        """Return that there is no code yet."""
        return MessageView(self.app, "no_code", "press_red")

"""The comparison number of a claim."""

from firmware.ui.speaking.view import View, asked

if False:
    from firmware.interfaces import App  # type: ignore[unreachable]


class Comparison(View):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app: "App", number: str):
        """Show and say these digits."""
        View.__init__(self, app, asked(app, "compare"), number)

    def still_valid(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self.app.vault.access_key is None

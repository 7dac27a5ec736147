"""The choice of a function by one finger: red was pressed twice. Imported when it is asked for."""

from firmware.ui.speaking.view import View

if False:
    from firmware.interfaces import App, Screen  # type: ignore[unreachable]


class FunctionChoice(View):
    """The next key alone chooses a function."""

    kind = "function"
    choosing = True

    def __init__(self, app: "App", below: View, apart: int):
        """Ask for a key, after two presses so many milliseconds apart; the function is done on the
        view below."""
        View.__init__(self, app, ["function"], "", [["choose_key"]])
        self.below = below
        self.apart = apart

    def still_valid(self) -> bool:
        """Return False once the host took away what the view below shows."""
        return self.below.still_valid()

    def go_back(self, key: str) -> "Screen":
        """Choose none."""
        return self.below.from_start()

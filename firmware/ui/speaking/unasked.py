"""What the token says over the view that was there: without being asked, or of a key without a
meaning. Imported when there is something to say."""

from firmware.ui.speaking.view import MessageView, View

if False:
    from firmware.interfaces import Any, App, Screen  # type: ignore[unreachable]


class Unasked(View):
    """Something said over a view."""

    passing = True

    def __init__(self, app: "App", below: "Any", *paragraphs: list):
        """Say the paragraphs over a view; the first is the title."""
        View.__init__(self, app, paragraphs[0], "", paragraphs[1:])
        self.below = below

    def still_valid(self) -> bool:
        """Return False once the host took away what the view below shows."""
        return self.below.still_valid()

    def go_back(self, key: str) -> "Screen":
        """Return the view below, to be said again."""
        return self.below.from_start()


class News(Unasked):
    """What has happened to the token or does not happen. Then what was shown before is shown again;
    a token that was off goes off."""

    def still_valid(self) -> bool:
        """Return False once the host took away what the view below shows."""
        return self.below is None or Unasked.still_valid(self)

    def heard(self) -> None:
        """Show the view below."""
        if self.below is None:
            self.app.turn_off()
        else:
            self.app.screen = self.below
            self.app.draw()


class TurningOff(Unasked):
    """Nobody has pressed for long. Any key alone goes back to what was there, and does no more."""

    kind = "turning_off"

    def __init__(self, app: "App", below: View):
        """Say it over a view, and what goes on while the token is off."""
        Unasked.__init__(self, app, below, ["turns_off"], *below.going_on)

    def heard(self) -> None:
        """Turn off."""
        self.app.turn_off()


def no_function(view: View) -> View:
    """Return what is said of a key that does nothing on this view, which stays as it is."""
    if view.stays:
        return view.tell(MessageView(view.app, "no_function"))
    return News(view.app, view, ["no_function"], ["press_red"])

"""Pages that a function key opens: a setting, the language, the serial number; and a claim's
number."""

from firmware.ui.code_source import trusted_time
from firmware.ui.speaking.view import View
from firmware.version import VERSION


class Comparison(View):
    """The number that the host shows too while it claims a blank token."""

    def __init__(self, app, number: str):
        """Show and say these digits."""
        View.__init__(self, app, ["compare"], number)

    def stands(self) -> bool:
        """Return False once the operator has compared: the host has given the token its key."""
        return self.app.vault.access_key is None


class Level(View):
    """A setting in steps, and the keys that turn it down and up."""

    def __init__(self, app, name: str, value: int, keys: str, turn):
        """Show the setting `name`; turn(-1 or 1) gives the view after one of the two keys."""
        least, most = app.product["ranges"][name]
        limit = "lowest" if value == least else "highest" if value == most else None
        View.__init__(self, app, [name, str(value)], "", [[limit]] if limit else [])
        self._keys = keys
        self._turn = turn

    def key(self, key: str):
        """Turn it on without choosing the function again."""
        return self._turn(2 * self._keys.index(key) - 1) if key in self._keys else None


class Serial(View):
    """The serial number in groups of four digits, said twice."""

    times = 2

    def __init__(self, app, number: str):
        """Show these twelve digits."""
        groups = number[:4], number[4:8], number[8:]
        View.__init__(self, app, ["serial"], "", [[groups]])


class Language(View):
    """The language that was chosen, in its own words."""

    def __init__(self, app, change):
        """Say its name; change(-1 or 1) gives the view after one of the keys."""
        View.__init__(self, app, ["language"], "", [["language_name"]])
        self._change = change

    def key(self, key: str):
        """Go on to another one without choosing the function again."""
        return self._change(-1 if key == "7" else 1) if key in "79" else None


class Theme(View):
    """How the screen looks now; the key that brought here turns it round again."""

    def __init__(self, app, dark: bool, turn):
        """Say it; turn() gives the view after the key."""
        View.__init__(self, app, ["theme"], "", [["dark" if dark else "light"]])
        self._turn = turn

    def key(self, key: str):
        """Turn it round again."""
        return self._turn() if key == "1" else None


class Status(View):
    """How battery and clock are, which firmware this is, and what else there is to change."""

    def __init__(self, app, choices: dict):
        """Offer choices: key -> (its name, what gives the view behind it)."""
        battery = "no_battery" if app.hardware.battery is None else "battery_ok"
        if app.battery_low():
            battery = "battery_low"
        try:
            clock = (
                [["clock_ok"]]
                if trusted_time(app) is not None
                else [["clock_lost"], ["contact_issuer"]]
            )
        except OSError:
            clock = [["clock_absent"], ["contact_issuer"]]
        version = ["version"]
        for number in VERSION.split("."):
            version += list(number) + ["point"]
        offered = []
        for key in sorted(choices):
            offered += [key, choices[key][0]]
        View.__init__(self, app, ["status"], "", [[battery]] + clock + [version[:-1], offered])
        self._choices = choices

    def key(self, key: str):
        """Take a choice."""
        return self._choices[key][1]() if key in self._choices else None

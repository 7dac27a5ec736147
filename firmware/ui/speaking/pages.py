"""Pages that a function key opens: a setting, the language, the serial number, the status."""

from firmware.ui.code_source import trusted_time
from firmware.ui.speaking.view import UNUSED, View
from firmware.version import VERSION

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import App, Lines, Screen


class SettingLevel(View):
    """A setting in steps, and the keys that turn it down and up."""

    interruptible = True

    def __init__(self, app: "App", name: str, value: int, change: "Callable[[int], View]"):
        """Show the setting `name`; change(-1 or 1) gives the view after one of its two keys."""
        least, most = app.product["ranges"][name]
        limit = []
        if value == least:
            limit = [["lowest"]]
        elif value == most:  # at the highest speed more digits are misheard (docs/voice.md)
            limit = [["highest"]] if name != "speed" else [["highest"], ["hard_to_hear"]]
        View.__init__(self, app, [name, str(value)], "", limit)
        self.kind = name
        self._change = change

    def down(self, key: str) -> "Screen":
        """Turn further down without choosing the function again."""
        return self._change(-1)

    def up(self, key: str) -> "Screen":
        """Turn further up."""
        return self._change(1)


class SerialPage(View):
    """The serial number in groups of four digits, said twice."""

    times = 2

    def __init__(self, app: "App", number: str):
        """Show these twelve digits."""
        groups = number[:4], number[4:8], number[8:]
        View.__init__(self, app, ["serial"], "", [[groups]])


class LanguagePage(View):
    """The language that was chosen, by its own name."""

    interruptible = True
    kind = "language"

    def __init__(self, app: "App", change: "Callable[[int], View]"):
        """Say its name; change(-1 or 1) gives the view after one of the keys."""
        View.__init__(self, app, ["language"], "", [["language_name"]])
        self._change = change

    def down(self, key: str) -> "Screen":
        """Go on to the language before without choosing the function again."""
        return self._change(-1)

    def up(self, key: str) -> "Screen":
        """Go on to the next language."""
        return self._change(1)


class ThemePage(View):
    """Whether the screen is dark or light now; key 1 switches again."""

    interruptible = True
    kind = "theme"

    def __init__(self, app: "App", dark: bool, switch: "Callable[[], View]"):
        """Say it; switch() gives the view after the key."""
        View.__init__(self, app, ["theme"], "", [["dark" if dark else "light"]])
        self._switch = switch

    def switch(self, key: str) -> "Screen":
        """Switch again."""
        return self._switch()


class SettingStep(View):
    """A setting of which only some values are offered, and the keys that change it."""

    interruptible = True

    def __init__(self, app: "App", name: str, title: list, change: "Callable[[int], View]"):
        """Show the setting `name` by its title; change(-1 or 1) gives the view after one of its two
        keys."""
        View.__init__(self, app, title, "", [["1", "down", "3", "up"]])
        self.kind = name
        self._change = change

    def down(self, key: str) -> "Screen":
        """Go to the step below."""
        return self._change(-1)

    def up(self, key: str) -> "Screen":
        """Go to the step above."""
        return self._change(1)


class StatusPage(View):
    """The state of battery, cable and clock, the firmware's version, and the settings."""

    interruptible = True
    kind = "status"

    def __init__(self, app: "App", settings: "Lines", choices: dict):
        """Say the settings too, and offer choices: key -> (parts, function that gives the view)."""
        battery = ["battery", "unknown" if app.hardware.battery is None else "charged"]
        if app.battery_low():
            battery = ["battery_low"]
        elif app.charging():
            battery = ["battery", "charging"]
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
        usb = app.hardware.usb
        if usb is not None and usb.present():
            clock = [["plugged_in"]] + clock
        lines = [battery] + clock + [version[:-1]]
        lines += list(settings) + [[key] + choices[key][0] for key in sorted(choices)]
        View.__init__(self, app, ["status"], "", lines)
        self._choices = choices

    def choose(self, key: str) -> "Screen":
        """Open a choice."""
        return self._choices[key][1]() if key in self._choices else UNUSED

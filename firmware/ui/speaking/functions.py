"""What the keys do together with the red one. Each function gives the view that it leads to.

Imported when the first one is chosen: a press that only asks for a code does not wait for it.
"""

from firmware.serial_number import serial_number
from firmware.ui.speaking.pages import Language, Level, Serial, Status, Theme
from firmware.ui.speaking.view import Message, View


def repeat(keys) -> View:
    """Say the last code again, with the time it has left; without one, what is on the display."""
    if keys.codes.last is not None:
        return keys.codes.last.whole()
    return keys.app.screen.whole()


def own_pace(keys) -> View:
    """Read the last code at the reader's own pace."""
    from firmware.ui.speaking.own_pace import Pace

    last = keys.codes.last
    return Message(keys.app, "no_code", "press_red") if last is None else Pace(keys.app, last)


def serial(keys) -> View:
    """Say the serial number."""
    return Serial(keys.app, serial_number(keys.app.hardware.unique_id))


def volume(keys, by: int) -> View:
    """Turn the volume down (-1) or up (1)."""
    return _turn(keys, "volume", by, "13", volume)


def speed(keys, by: int) -> View:
    """Turn the speed down (-1) or up (1)."""
    return _turn(keys, "speed", by, "46", speed)


def _turn(keys, name: str, by: int, around: str, again) -> View:
    """Turn a setting, and say so at the new one; the two keys around it turn it on."""
    least, most = keys.app.product["ranges"][name]
    value = min(most, max(least, keys.preferences.values[name] + by))
    keys.preferences.change(name, value)
    return Level(keys.app, name, value, around, lambda more: again(keys, more))


def language(keys, by: int) -> View:
    """Speak and show the language before (-1) or after (1) this one."""
    languages = keys.app.product["languages"]
    at = languages.index(keys.preferences.values["language"]) + by
    keys.preferences.change("language", languages[at % len(languages)])
    return Language(keys.app, lambda more: language(keys, more))


def theme(keys) -> View:
    """Show white on black instead of black on white, or the other way round."""
    dark = not keys.preferences.values["inverted"]
    keys.preferences.change("inverted", dark)
    keys.app.apply_settings()
    return Theme(keys.app, dark, lambda: theme(keys))


def status(keys) -> View:
    """Say how the token is, and offer what has no key of its own."""
    choices = {"1": ("theme", lambda: theme(keys))}
    if keys.app.vault.pin is not None:
        choices["2"] = ("pin", lambda: keys.codes.lock().change())
    return Status(keys.app, choices)


FUNCTIONS = {
    "0": repeat,
    "1": lambda keys: volume(keys, -1),
    "2": own_pace,
    "3": lambda keys: volume(keys, 1),
    "4": lambda keys: speed(keys, -1),
    "5": status,
    "6": lambda keys: speed(keys, 1),
    "7": lambda keys: language(keys, -1),
    "8": serial,
    "9": lambda keys: language(keys, 1),
    "*": lambda keys: keys.codes.practise(),
    "#": lambda keys: keys.codes.next_account(),
}

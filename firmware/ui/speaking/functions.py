"""What the keys do together with the red key. Each function returns the view that it leads to.

Imported when the first one is chosen: a press that only asks for a code does not wait for it.
"""

from firmware.serial_number import serial_number
from firmware.ui.speaking.pages import Language, Serial, SettingLevel, Status, Theme
from firmware.ui.speaking.view import Message, View

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Interaction


def repeat(interaction: "Interaction") -> View:
    """Say the last code again, with the time it has left; without one, what is on the display."""
    if interaction.accounts.last is not None:
        return interaction.accounts.last.from_start()
    return interaction.app.screen.from_start()


def own_pace(interaction: "Interaction") -> View:
    """Read the last code at the reader's own pace."""
    from firmware.ui.speaking.own_pace import OwnPace

    last = interaction.accounts.last
    return (
        Message(interaction.app, "no_code", "press_red")
        if last is None
        else OwnPace(interaction.app, last)
    )


def serial(interaction: "Interaction") -> View:
    """Say the serial number."""
    return Serial(interaction.app, serial_number(interaction.app.hardware.unique_id))


def volume(interaction: "Interaction", by: int) -> View:
    """Turn the volume down (-1) or up (1)."""
    return _step(interaction, "volume", by, "13", volume)


def speed(interaction: "Interaction", by: int) -> View:
    """Turn the speed down (-1) or up (1)."""
    return _step(interaction, "speed", by, "46", speed)


def _step(
    interaction: "Interaction",
    name: str,
    by: int,
    keys: str,
    again: "Callable[[Interaction, int], View]",
) -> View:
    """Change a setting by a step and say so with the new value; the two `keys` go on, down and
    up."""
    least, most = interaction.app.product["ranges"][name]
    value = min(most, max(least, interaction.preferences.values[name] + by))
    interaction.preferences.change(name, value)
    return SettingLevel(interaction.app, name, value, keys, lambda more: again(interaction, more))


def language(interaction: "Interaction", by: int) -> View:
    """Speak and show the language before (-1) or after (1) this one."""
    languages = interaction.app.product["languages"]
    at = languages.index(interaction.preferences.values["language"]) + by
    interaction.preferences.change("language", languages[at % len(languages)])
    return Language(interaction.app, lambda more: language(interaction, more))


def theme(interaction: "Interaction") -> View:
    """Show white on black instead of black on white, or the other way round."""
    dark = not interaction.preferences.values["inverted"]
    interaction.preferences.change("inverted", dark)
    interaction.app.apply_settings()
    return Theme(interaction.app, dark, lambda: theme(interaction))


def status(interaction: "Interaction") -> View:
    """Say how the interaction is, and offer what has no key of its own."""
    choices = {"1": ("theme", lambda: theme(interaction))}
    if interaction.app.vault.pin is not None:
        choices["2"] = ("pin", lambda: interaction.accounts.pin_entry().change())
    return Status(interaction.app, choices)


FUNCTIONS = {
    "0": repeat,
    "1": lambda interaction: volume(interaction, -1),
    "2": own_pace,
    "3": lambda interaction: volume(interaction, 1),
    "4": lambda interaction: speed(interaction, -1),
    "5": status,
    "6": lambda interaction: speed(interaction, 1),
    "7": lambda interaction: language(interaction, -1),
    "8": serial,
    "9": lambda interaction: language(interaction, 1),
    "*": lambda interaction: interaction.accounts.training_code(),
    "#": lambda interaction: interaction.accounts.next_account(),
}

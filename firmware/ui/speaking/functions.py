"""What the keys do together with the red key. Each function returns the view that it leads to.

Imported when the first one is chosen: a press that only asks for a code does not wait for it.
"""

import os

from firmware.serial_number import serial_number
from firmware.speech.say import time_left
from firmware.ui.speaking.keymap import FUNCTIONS, TOLD
from firmware.ui.speaking.pages import (
    LanguagePage,
    SerialPage,
    SettingLevel,
    SettingStep,
    StatusPage,
    ThemePage,
)
from firmware.ui.speaking.unasked import no_function
from firmware.ui.speaking.view import MessageView, View

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, Interaction


def choose(interaction: "Interaction", key: str) -> View:
    """Do the function of a key on the screen that is shown; return the view that follows."""
    name, argument, _ = FUNCTIONS[key]
    screen: Any = interaction.app.screen
    told = name in TOLD and _stays(screen, name)
    view: View = _FUNCTIONS[name](interaction, argument)
    if told and screen.kind == "code":
        from firmware.ui.speaking.entry import told_in_check

        return told_in_check(screen, view.told())
    return screen.tell(view) if told else view


def _stays(screen: "Any", name: str) -> bool:
    """Return True when the screen goes on after the function, as does a code of which a part was
    typed to check it. The status and its choices are left to only while nothing would be lost."""
    if screen.kind == "code":
        return 0 < len(screen.typed) < len(screen.number)
    return screen.stays and not (name == "status" and _untouched(screen))


def _loses(screen: "Any") -> bool:
    """Return True when another screen in place of this one would lose what was typed into it, what
    it asks to approve, or what was not heard yet."""
    return screen.kind == "unheard" or (screen.asks and not _untouched(screen))


def _untouched(screen: "Any") -> bool:
    """Return True where another screen may come in place of this one, which asks for a number:
    nothing was typed."""
    return screen.first and not screen.typed


def repeat(interaction: "Interaction", _: int) -> View:
    """Say the last code again, with the time it has left; without one, or where that would lose
    what was typed, what is on the display."""
    last = interaction.accounts.last
    screen: View = interaction.app.screen
    return screen.from_start() if last is None or _loses(screen) else last.from_start()


def own_pace(interaction: "Interaction", _: int) -> View:
    """Read the last code at the reader's own pace, or a fresh one when too little of its time is
    left."""
    app = interaction.app
    view: Any = app.screen
    if view.asks and (interaction.accounts.last is None or _loses(view)):
        return view.tell(MessageView(app, "no_code"))
    if view.kind != "fresh_period":
        if interaction.accounts.last is None:
            return MessageView(app, "no_code", "press_red")
        view = interaction.accounts.code_for_own_pace()
    if view.kind == "fresh_period":
        return view.at_own_pace()
    if not view.number:  # the reason why there is no fresh one
        return view
    from firmware.ui.speaking.own_pace import OwnPace

    return OwnPace(app, view)


def practice(interaction: "Interaction", _: int) -> View:
    """Give a code for training, unless that would lose what was typed."""
    screen: View = interaction.app.screen
    if _loses(screen):
        return no_function(screen)
    return interaction.accounts.training_code()


def next_account(interaction: "Interaction", _: int) -> View:
    """Give a code of the next account, where there is another one and nothing typed is lost."""
    app = interaction.app
    screen: View = app.screen
    if len(app.vault.credentials) == 1 or _loses(screen):
        return no_function(screen)
    return interaction.accounts.next_account()


def serial(interaction: "Interaction", _: int) -> View:
    """Say the serial number."""
    return SerialPage(interaction.app, serial_number(interaction.app.hardware.unique_id))


def volume(interaction: "Interaction", by: int) -> View:
    """Turn the volume down (-1) or up (1)."""
    return _step(interaction, "volume", by, volume)


def speed(interaction: "Interaction", by: int) -> View:
    """Turn the speed down (-1) or up (1)."""
    return _step(interaction, "speed", by, speed)


def _step(
    interaction: "Interaction",
    name: str,
    by: int,
    again: "Callable[[Interaction, int], View]",
) -> View:
    """Change a setting by a step and say so with the new value; again() goes on."""
    least, most = interaction.app.product["ranges"][name]
    value = min(most, max(least, interaction.preferences.values[name] + by))
    interaction.preferences.change(name, value)
    return SettingLevel(interaction.app, name, value, lambda more: again(interaction, more))


def language(interaction: "Interaction", by: int) -> View:
    """Speak and show the language before (-1) or after (1) this one."""
    languages = interaction.app.product["languages"]
    at = languages.index(interaction.preferences.values["language"]) + by
    interaction.preferences.change("language", languages[at % len(languages)])
    return LanguagePage(interaction.app, lambda more: language(interaction, more))


def theme(interaction: "Interaction") -> View:
    """Show white on black instead of black on white, or the other way round."""
    dark = not interaction.preferences.values["inverted"]
    interaction.preferences.change("inverted", dark)
    interaction.app.apply_settings()
    return ThemePage(interaction.app, dark, lambda: theme(interaction))


def setting(interaction: "Interaction", name: str, by: int) -> View:
    """Change a setting of `steps` to the step below (-1) or above (1), or leave it (0); return the
    view that says it. The host may have set one between two steps."""
    app = interaction.app
    value = interaction.preferences.values[name]
    steps = app.product["steps"][name]
    if by > 0:
        value = min([step for step in steps if step > value] or [value])
    elif by < 0:
        value = max([step for step in steps if step < value] or [value])
    if by:
        interaction.preferences.change(name, value)
        app.apply_settings()
    title = _title(interaction, name)
    return SettingStep(app, name, title, lambda more: setting(interaction, name, more))


def _title(interaction: "Interaction", name: str) -> list:
    """Return the parts that say a setting and its value."""
    value = interaction.preferences.values[name]
    if name == "typing_time":
        return ["new_code", (str(value),), "seconds"]
    if name == "time_outs":
        number, unit = time_left(interaction.app.product["show_ms"] // 1000 * value)
        return ["wait", number, unit]
    if name == "inverted":
        return ["theme", "dark" if value else "light"]
    return [name, str(value)]


def status(interaction: "Interaction", _: int) -> View:
    """Say how the token is, and offer what has no key of its own where its keys are free."""
    settings: list = []
    if interaction.app.vault.pin is not None:
        from firmware.ui.speaking.pin_entry import tries_left

        settings = [["pin"] + line for line in tries_left(interaction.app.vault)]
    if _stays(interaction.app.screen, "status"):
        return StatusPage(interaction.app, settings, {})
    choices: dict = {"1": (_title(interaction, "inverted"), lambda: theme(interaction))}
    if interaction.app.vault.pin is not None:
        choices["2"] = (["pin"], lambda: interaction.accounts.pin_entry().change())
    offered = {"3": "key_delay", "4": "typing_time", "6": "time_outs", "8": "tones"}
    if interaction.app.hardware.vibration is not None:
        offered["7"] = "vibration"
    if _second_voice(interaction):
        offered["9"] = "voice"
    for key, name in offered.items():
        choices[key] = (
            _title(interaction, name),
            lambda name=name: setting(interaction, name, 0),
        )
    settings += [_title(interaction, "volume"), _title(interaction, "speed")]
    return StatusPage(interaction.app, settings, choices)


def _second_voice(interaction: "Interaction") -> bool:
    """Return True when the token has a second voice pack of the language."""
    path = interaction.app.product["voices"][2]
    try:
        os.stat(path.format(interaction.preferences.values["language"]))
    except OSError:
        return False
    return True


_FUNCTIONS = {
    "repeat": repeat,
    "volume": volume,
    "own_pace": own_pace,
    "speed": speed,
    "status": status,
    "language": language,
    "serial": serial,
    "practice": practice,
    "next_account": next_account,
}

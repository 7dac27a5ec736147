"""The settings that a user changes by key: they count at once, and are kept when there is time to
write the flash."""

from firmware.modules import load
from firmware.storage.errors import VaultError


class Preferences:
    """The settings in force, and those that are not in the flash yet."""

    def __init__(self, app, voice):
        """Begin with none; the App brings them with apply()."""
        self._app = app
        self._voice = voice
        self._pending: dict = {}
        self._told = False  # whether the user knows already that they cannot be saved
        self.values: dict = {}

    def apply(self, settings: dict) -> None:
        """Take the settings over: the language of texts and voice, volume and speed. What is
        pending goes before."""
        settings.update(self._pending)
        if settings["language"] != self.values.get("language"):
            self._app.texts = load("firmware.speech.phrases_" + settings["language"]).PHRASES
        self._voice.apply(settings)
        self.values = settings

    def change(self, name: str, value) -> None:
        """Change a setting now, and keep it when the voice is done: writing the flash takes longer
        than a buffer."""
        self._pending[name] = value
        self._told = False
        settings = dict(self.values)
        settings[name] = value
        self.apply(settings)

    def save(self) -> bool:
        """Write what is pending; False, once, when it cannot be. It stays in force and is tried
        again next time."""
        if not self._pending:
            return True
        try:
            self._app.vault.write_settings(self._pending)
        except VaultError:
            told = self._told
            self._told = True
            return told
        self._pending = {}
        return True

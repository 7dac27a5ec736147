"""The settings that a user changes by key: they apply at once, and are saved when there is time to
write the flash."""

from firmware.modules import load
from firmware.storage.vault import VaultError

if False:
    from firmware.interfaces import Announcer, Any, App  # type: ignore[unreachable]

DELAY_UNIT = 100  # ms; the setting key_delay counts tenths of a second


def _words(phrases: "Any") -> tuple:
    return phrases.PHRASES, phrases.VERB_LAST


class Preferences:
    """The settings in force (`values`), and those that are not in the flash yet."""

    def __init__(self, app: "App", announcer: "Announcer"):
        """Begin empty; the App calls apply()."""
        self._app = app
        self._announcer = announcer
        self._pending: dict = {}
        self._failure_reported = False  # whether the user knows that they cannot be saved
        self.values: dict = {}

    def apply(self, settings: dict) -> None:
        """Apply language and voice. Pending changes override `settings`."""
        settings.update(self._pending)
        if settings["language"] != self.values.get("language"):
            self._app.use_language(
                lambda: _words(load("firmware.speech.phrases_" + settings["language"]))
            )
        self._announcer.apply(settings)
        self.values = settings

    def change(self, name: str, value: object) -> None:
        """Change a setting now, and save it once the voice is done: writing the flash takes longer
        than the voice's buffer lasts."""
        self._pending[name] = value
        self._failure_reported = False
        settings = dict(self.values)
        settings[name] = value
        self.apply(settings)

    def save(self) -> bool:
        """Write what is pending; what cannot be written stays in force and is tried again next
        time. Return True when that failed for the first time, for the user to be told."""
        if not self._pending:
            return False
        try:
            self._app.vault.write_settings(self._pending)
        except VaultError:
            first = not self._failure_reported
            self._failure_reported = True
            return first
        self._pending = {}
        return False

"""What recognised clips say, in words."""

from collections.abc import Iterable, Mapping

from host_tools.messages import catalogue
from host_tools.voice.recognition.clips import UNKNOWN


def in_words(names: Iterable[str], phrases: Mapping[str, str], language: str) -> list[str]:
    """Give the phrases of clips, by their names in a voice pack; a clip without one has its name.
    Sound that is no whole clip, such as a tone, is called that, in the language that is spoken or
    else in Danish."""
    spoken = language if language in catalogue.LANGUAGES else next(iter(catalogue.LANGUAGES))
    other = catalogue.text(spoken, "heard-another-sound")
    return [other if name == UNKNOWN else phrases.get(name, name) for name in names]

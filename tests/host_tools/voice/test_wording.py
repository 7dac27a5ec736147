"""Recognised clips in words: what is no clip has one name, wherever it is written."""

from host_tools.voice import languages
from host_tools.voice.recognition.clips import UNKNOWN
from host_tools.voice.recognition.wording import in_words


def test_clips_are_said_and_another_sound_is_called_so_in_the_language_that_is_spoken():
    for language, other in (("da", "(en anden lyd)"), ("en", "(another sound)")):
        phrases = languages.load(language).phrases
        assert in_words(["code", UNKNOWN, "5"], phrases, language) == [
            phrases["code"],
            other,
            phrases["5"],
        ]
    assert in_words([UNKNOWN, "name-1"], {}, "kl") == ["(en anden lyd)", "name-1"]

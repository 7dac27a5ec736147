"""A kodeoplæser with Greenlandic in its image: Greenlandic prompts, Danish digits."""

from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START, digits, totp


@pytest.mark.clause("speech: languages", "keys: language")
def test_three_languages_fit_a_pico_2_and_are_chosen_by_key(tmp_path: Path):
    image = build_image("kodeoplaeser", "pico2", languages=("da", "en", "kl"))
    with Emulator("kodeoplaeser", "pico2", tmp_path / "token", image=image, time=START) as emulator:
        token = SpeakingToken(emulator)
        token.provision(totp())
        emulator.unplug()
        emulator.advance(62)
        token.tap("red")
        token.until_quiet()
        moment = token.chord("7")  # before Danish comes the last one
        token.until_quiet()
        assert [clip.name for clip in token.clips(moment, languages=["kl"])] == [
            "language",
            "language_name",
        ]
        assert token.shown() == "Oqaatsit Kalaallisut."
        token.tap("9")
        token.until_quiet()
        assert token.shown() == "Talt sprog Dansk."
        token.tap("7")
        token.until_quiet()
        emulator.advance(62)
        assert not emulator.powered
        emulator.set_time(START + 7200)
        moment = token.tap("red")
        code = digits(emulator.screen_text()[1:2])
        token.until_quiet()
        heard = [clip.name for clip in token.clips(moment, languages=["kl"])]
        assert heard == ["ample_time", "code", *code]
        assert token.shown().startswith("Naammappoq kode")


@pytest.mark.clause("speech: languages")
@pytest.mark.parametrize(
    ("first", "said"), [("kl", "Piareersanngilaq."), ("en", "Not set up."), ("da", "Ikke sat op.")]
)
def test_a_new_token_shows_the_first_language_of_its_image(tmp_path: Path, first: str, said: str):
    languages = [first, *({"da", "en", "kl"} - {first})]
    image = build_image("kodeoplaeser", "pico2", languages=languages)
    with Emulator("kodeoplaeser", "pico2", tmp_path / "token", image=image, time=START) as emulator:
        token = SpeakingToken(emulator)
        token.tap("red")
        assert token.shown().startswith(said)

"""The digit recogniser of the listening test reports misheard digits: it is no test that cannot
fail (tests/e2e/kodeoplaeser/test_intelligibility.py).
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.speech import say
from host_tools.voice import packfile, store
from host_tools.voice.recognition import digits
from tests.support.listening import digit_errors


@pytest.fixture(scope="module")
def clips() -> dict[str, NDArray[np.int16]]:
    """Every clip of the Danish pack at its default speed."""
    return {
        clip.name: clip.samples() for clip in packfile.load(store.pack("da"))[1] if clip.speed == 3
    }


def spoken(clips: dict[str, NDArray[np.int16]], code: str) -> NDArray:
    """Give a code as the token says it: its clips with the script's pauses."""
    pieces = []
    for name, pause in say.script([say.grouped(code)], 3):
        pieces += [clips[name], np.zeros(16 * pause, np.int16)]
    return np.concatenate(pieces)


def test_the_listener_hears_a_wrong_clip(clips: dict):
    swapped = spoken({**clips, "2": clips["3"]}, "274916")
    assert digits.digits_in(swapped, "da") == "374916"
    dropped = spoken({**clips, "4": clips["4"][:0]}, "274916")
    assert digits.digits_in(dropped, "da") == "27916"


def test_silence_holds_no_digit():
    assert digits.digits_in(np.zeros(16000, np.int16), "da") == ""


def test_errors_are_an_edit_distance():
    assert digit_errors("123456", "123456") == 0
    assert digit_errors("123456", "12356") == 1
    assert digit_errors("123456", "1239456") == 1
    assert digit_errors("123456", "") == 6

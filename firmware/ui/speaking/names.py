"""The name of an account as a part to be said (see firmware.speech.say): its own clip where the
issuer has given one, else letter by letter. Imported on a token with several accounts. Times are
milliseconds.

The letters are a voice pack of their own, in the language of the image's first voice: accounts have
their names from the issuer, whatever language their user listens in.
"""

import os

from firmware.storage.spoken_names import checksum

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DANISH = "æøåÆØÅ"  # which MicroPython does not make small
_DANISH_CLIPS = ("ae", "oe", "aa")

# A letter with its pause, by speed; how much longer or shorter a clip's data is played, in percent.
_BYTES_A_MS = 8  # of that data
_LETTER_MS = (0, 900, 730, 600, 480, 370)
_PERCENT = (0, 135, 115, 100, 85, 70)


def name_part(product: dict, credential: dict, number: str) -> list:
    """Return [name, number, clip, ...] with `number` for fingers. Without a clip nothing of the
    name can be said."""
    part = [credential["name"], number]
    spoken = credential.get("spoken")
    if spoken is not None:
        path = product["spoken_names"].format(spoken)
        if checksum(path) == spoken:
            part.append((path, "name"))
            return part
    letters = product["letters"]
    if not _size(letters):  # an image without letters
        return part
    for character in credential["name"].lower():
        if character.isdigit():
            part.append(character)
        elif character in _LETTERS:
            part.append((letters, character))
        elif character in _DANISH:
            part.append((letters, _DANISH_CLIPS[_DANISH.index(character) % 3]))
    return part


def name_ms(parts: list, speed: int) -> int:
    """Return how long the names among the parts take at most."""
    longest = 0
    for part in parts:
        if type(part) is list:
            if part[2][1] == "name":
                longest += _size(part[2][0]) // _BYTES_A_MS * _PERCENT[speed] // 100
            else:
                longest += (len(part) - 2) * _LETTER_MS[speed]
    return longest


def _size(path: str) -> int:
    """Return a file's size in bytes, 0 when there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0

"""Driver: a frame decoder fed piece by piece."""

from firmware.protocol.frames import Decoder


def feed(pieces: list) -> list:
    """Return (payloads completed, idle) after each piece."""
    decoder = Decoder()
    steps = []
    for piece in pieces:
        found = decoder.feed(piece)
        steps.append((found, decoder.idle))
    return steps


def most_kept(pieces: list) -> int:
    """Return the most bytes that the decoder held after any piece."""
    decoder = Decoder()
    most = 0
    for piece in pieces:
        decoder.feed(piece)
        most = max(most, len(decoder._block))
    return most

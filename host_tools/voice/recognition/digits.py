"""A recogniser for spoken digits: MFCC features and dynamic time warping against templates.

It is independent of the token's clips: its templates are other espeak-ng voices at other rates.
Digits are found in connected speech by one-pass dynamic programming over all templates at once
(Bridle, Brown and Chamberlain, ICASSP 1982), without knowing their boundaries. Samples are 16 bits
at 16 kHz, clean or noisy; times are frames of 10 ms.
"""

import io
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from host_tools import interrupts
from host_tools.voice import languages, levels, store
from host_tools.voice.synthesis import espeak, espeak_process

Features = NDArray[np.float64]
Samples = NDArray[np.int16] | NDArray[np.float64]

RATE = 16000
HOP, WINDOW, FFT = 160, 400, 512
_BANDS, _COEFFICIENTS = 26, 13
_FLOOR = 10 ** (-16 / 10)  # relative to the loud frames' band energy; softer is silence or noise
_DELTA_WEIGHT = 0.7  # weight of the delta coefficients
_INSERTION_COST = 25.0  # cost of starting a digit, against false digits at a sound's end
_VARIANTS = {
    "da": ("da", "da+f2", "da+f3", "da+f4", "da+f1", "da+m3"),
    "en": ("en", "en+f2", "en+f3", "en+f4", "en-us+f1", "en-gb-x-rp+f3"),
}
_RATES = {"da": (150, 260), "en": (185, 285)}


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


@cache
def _filters() -> Features:
    edges = 700 * (10 ** (np.linspace(_mel(80), _mel(7600), _BANDS + 2) / 2595) - 1) * FFT / RATE
    bins = np.arange(FFT // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def features(samples: Samples) -> Features:
    """Give MFCCs and their deltas per frame, after cepstral mean normalisation over the loud
    frames.

    The first row is silence; the others are the frames.
    """
    padded = np.pad(samples.astype(np.float64), (WINDOW // 2, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    energy = np.abs(np.fft.rfft(frames * np.hamming(WINDOW), FFT)) ** 2 @ _filters()
    loud = np.sort(energy.sum(axis=1))[-max(4, len(energy) // 5) :].mean() / _BANDS + 1
    logs = np.log(np.maximum(energy / loud, 0) + _FLOOR)
    cepstra = dct(logs, norm="ortho", axis=1)[:, :_COEFFICIENTS]
    voiced = energy.sum(axis=1) > loud * _BANDS * _FLOOR * 4
    silence = dct(np.full(_BANDS, np.log(_FLOOR)), norm="ortho")[:_COEFFICIENTS]
    mean = cepstra[voiced].mean(axis=0) if voiced.any() else silence
    # Deltas are taken over 40 ms.
    still = np.vstack([silence - mean, cepstra - mean])
    ahead, behind = np.roll(cepstra, -2, axis=0), np.roll(cepstra, 2, axis=0)
    return np.hstack([still, _DELTA_WEIGHT * np.vstack([np.zeros(_COEFFICIENTS), ahead - behind])])


@dataclass(frozen=True)
class Templates:
    """The frames of all templates joined; first and last frame of each, and its digit."""

    frames: Features
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    digits: str


@cache
def templates(language: str) -> Templates:
    """Give the templates of a language, synthesised when the cache has none."""
    chosen = languages.load(language)
    kept = store.cached(chosen, "npz", lambda: _synthesised(chosen))
    with np.load(io.BytesIO(kept)) as arrays:
        return Templates(arrays["frames"], arrays["starts"], arrays["ends"], str(arrays["digits"]))


def _synthesised(chosen: languages.Language) -> bytes:
    """Synthesise the templates of a language; give them as an .npz file."""
    language, phrases = chosen.name, chosen.phrases
    jobs = [(voice, rate) for voice in _VARIANTS[language] for rate in _RATES[language]]
    with interrupts.threads(2) as pool:
        spoken = list(pool.map(lambda job: _one_voice(phrases, *job), jobs))
    frames, starts, ends, digits, at = [], [], [], "", 0
    for words in spoken:
        for digit, word in enumerate(words):
            frames.append(word)
            starts.append(at)
            at += len(word)
            ends.append(at - 1)
            digits += str(digit)
    file = io.BytesIO()
    np.savez(file, frames=np.concatenate(frames), starts=starts, ends=ends, digits=digits)
    return file.getvalue()


def _one_voice(phrases: dict[str, str], voice: str, rate: int) -> list[Features]:
    spoken = (
        levels.resample(espeak.say(phrases[str(digit)], voice, rate), espeak_process.RATE)
        for digit in range(10)
    )
    words = [levels.normalise(levels.trim(word)) for word in spoken]
    gap = np.zeros(RATE // 4)
    whole = features(np.concatenate([piece for word in words for piece in (gap, word)]) * 32767)[1:]
    cut, at = [], 0
    for word in words:
        begin = round((at + len(gap)) / HOP)
        cut.append(whole[begin : begin + len(word) // HOP])
        at += len(gap) + len(word)
    return cut


def digits_in(samples: Samples, language: str) -> str:
    """Recognise the digits in the samples."""
    known = templates(language)
    heard = features(samples)
    silence, frames = heard[0], heard[1:]
    near = _distances(frames, known.frames)
    quiet = np.sqrt(((frames - silence) ** 2).sum(axis=1))
    # The least cost of a path to each template frame, and the frame of the sound at which that path
    # entered its digit. Two elements of padding in front make steps of one and two frames slices.
    cost = np.full(2 + len(known.frames), np.inf)
    came = np.zeros(len(cost), np.int64)
    better = np.empty(len(known.frames), bool)
    # A template's first frame is entered only from outside, its second not by a step of two: those
    # steps would come from the previous template.
    closed = ((1, known.starts), (2, np.concatenate((known.starts, known.starts + 1))))
    # The least cost of a path that ended before this frame; for each frame how it was reached.
    least, ended = 0.0, []
    for time in range(len(frames)):
        chosen, came_chosen = cost[2:].copy(), came[2:].copy()
        for step, not_reached in closed:
            np.less(cost[2 - step : -step], chosen, out=better)
            better[not_reached] = False
            np.copyto(chosen, cost[2 - step : -step], where=better)
            np.copyto(came_chosen, came[2 - step : -step], where=better)
        entered = known.starts[chosen[known.starts] > least + _INSERTION_COST]
        chosen[entered] = least + _INSERTION_COST
        came_chosen[entered] = time
        np.add(chosen, near[time], out=cost[2:])
        came[2:] = came_chosen
        finished = cost[2:][known.ends]
        word = int(finished.argmin())
        if finished[word] < least + quiet[time]:
            least = finished[word]
            ended.append((int(came[2 + known.ends[word]]), known.digits[word]))
        else:
            least += quiet[time]
            ended.append((time, ""))
    found, time = "", len(frames) - 1
    while time >= 0:
        began, digit = ended[time]
        found = digit + found
        time = began - 1
    return found


def _distances(one: Features, other: Features) -> Features:
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    distances: Features = np.sqrt(np.maximum(squares, 0))
    return distances

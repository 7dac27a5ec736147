"""Built voice packs, kept so that each is built once: building one takes half a minute, and images
need two.

A pack is kept under a name that changes with everything it is made of: texts, voices, this code,
its libraries.
"""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import platformdirs

from host_tools.progress import Progress
from host_tools.voice import build, languages

FOLDER_VARIABLE = "KODEBRIK_VOICES"  # names another folder to keep packs in
_LIBRARIES = ("espeakng-loader", "numpy", "pyloudnorm", "scipy")
_KEPT = 16


def folder() -> Path:
    """Give the folder where packs are kept."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("kodebrik") / "voices"


def pack(name: str, progress: Progress | None = None) -> bytes:
    """Give the synthesised voice pack of the language `name`; build it when it is not there yet."""
    language = languages.load(name)
    path = folder() / f"{name}-{_fingerprint(language)}.kvp"
    if path.exists():
        return path.read_bytes()
    content = build.build(language, progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, also when two build at once.
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

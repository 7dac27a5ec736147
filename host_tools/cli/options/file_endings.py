"""The ending of a file that a command writes: a name that promises another format is refused before
anything is done, so that nobody finds PSKC in a file called .csv."""

from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError

# Formats by the endings of their files, the usual one first.
AGE = (".age",)
BINARY = (".bin",)
BRAILLE = (".brf",)
CSV = (".csv",)
HTML = (".html", ".htm")
JSON = (".json",)
PDF = (".pdf",)
PSKC = (".pskc", ".xml")
TEXT = (".txt",)
UF2 = (".uf2",)
WAV = (".wav",)
_KNOWN = (*AGE, *BINARY, *BRAILLE, *CSV, *HTML, *JSON, *PDF, *PSKC, *TEXT, *UF2, *WAV)


def check_ending(path: Path, written: tuple[str, ...]) -> None:
    """Raise KodebrikError when the name of `path` ends as one of another format than `written`, the
    endings of what is written. A name with an ending of no format, or none, says nothing."""
    ending = path.suffix.lower()
    if ending in _KNOWN and ending not in written:
        raise KodebrikError(
            "file-ending-other", ExitCode.USAGE, path=path, ending=ending, wanted=written[0]
        )
